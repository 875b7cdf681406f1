import pytest
import torch
from torch import nn

from minigpt.training.config import CHOICES, TrainingConfig
from minigpt.training.optimizers.adamw import AdamW
from minigpt.training.optimizers.build import (
    build_optimizers,
    matching_states,
    optimizer_tensors,
    restore_optimizers,
)
from minigpt.training.optimizers.muon import Muon


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_every_parameter_of_every_model_is_moved_by_one(variant, build_tiny, optimizer):
    model = build_tiny(variant)
    moved = [
        id(parameter)
        for one in build_optimizers(model, TrainingConfig(optimizer=optimizer))
        for parameter in one.parameters
    ]
    assert sorted(moved) == sorted(id(parameter) for parameter in model.parameters())


def test_frozen_parameters_are_left_alone():
    model = nn.Linear(4, 3)
    model.bias.requires_grad_(False)
    (optimizer,) = build_optimizers(model, TrainingConfig())
    assert [id(one) for one in optimizer.parameters] == [id(model.weight)]


def test_the_settings_reach_both(build_tiny, tiny_config):
    config = TrainingConfig(optimizer="muon", weight_decay=0.3, momentum=0.8, beta2=0.5)
    adamw, muon = build_optimizers(build_tiny(tiny_config("gpt")), config)
    assert isinstance(adamw, AdamW)
    assert isinstance(muon, Muon)
    assert (adamw.weight_decay, adamw.betas) == (0.3, (0.8, 0.5))
    assert (muon.weight_decay, muon.momentum) == (0.3, 0.8)


def test_muon_moves_the_matrices_between_the_layers_and_adamw_the_rest(build_tiny, tiny_config):
    model = build_tiny(tiny_config("gpt"))
    _, muon = build_optimizers(model, TrainingConfig(optimizer="muon"))
    assert isinstance(muon, Muon)
    moved = {id(one) for one in muon.parameters}
    names = {name for name, parameter in model.named_parameters() if id(parameter) in moved}
    assert names == {
        f"blocks.{block}.{matrix}.weight"
        for block in (0, 1)
        for matrix in (
            "attention.query_key_value",
            "attention.output",
            "feed_forward.widen",
            "feed_forward.narrow",
        )
    }


def test_a_model_without_blocks_leaves_nothing_to_muon(build_tiny, tiny_config):
    model = build_tiny(tiny_config("bigram"))
    assert len(build_optimizers(model, TrainingConfig(optimizer="muon"))) == 1


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_what_optimizers_remember_can_be_taken_out_and_put_back(
    build_tiny, tiny_config, random_tokens, optimizer
):
    config = TrainingConfig(optimizer=optimizer)

    def stepped(model, optimizers):
        model.zero_grad()
        torch.autograd.backward(model(random_tokens()).square().mean())
        for one in optimizers:
            one.step(0.01)

    first = build_tiny(tiny_config("gpt"))
    optimizers = build_optimizers(first, config)
    stepped(first, optimizers)
    states = {name: one.clone() for name, one in optimizer_tensors(first, optimizers).items()}
    second = build_tiny(tiny_config("gpt"))
    second.load_state_dict(first.state_dict())
    restored = build_optimizers(second, config)
    restore_optimizers(restored, matching_states(second, restored, states))
    stepped(first, optimizers)
    stepped(second, restored)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_state_of_another_model_is_refused(build_tiny, tiny_config):
    model = build_tiny(tiny_config("bigram"))
    optimizers = build_optimizers(model, TrainingConfig())
    with pytest.raises(KeyError):
        matching_states(model, optimizers, {"nowhere.weight/exp_avg": torch.zeros(1)})


@pytest.mark.parametrize("what", ["exp_avg", "exp_avg_sq", "step"])
@pytest.mark.parametrize("damage", [lambda one: one.new_zeros(1), lambda one: one.double()])
def test_arrays_of_another_size_or_kind_are_refused(build_tiny, tiny_config, what, damage):
    # The kernel would write beyond their end.
    model = build_tiny(tiny_config("bigram"))
    optimizers = build_optimizers(model, TrainingConfig())
    table = torch.zeros_like(model.table.weight)
    states = {
        "table.weight/exp_avg": table,
        "table.weight/exp_avg_sq": table,
        "table.weight/step": torch.ones(()),
    }
    assert matching_states(model, optimizers, states)
    key = f"table.weight/{what}"
    with pytest.raises(KeyError, match=key):
        matching_states(model, optimizers, {**states, key: damage(states[key])})


@pytest.mark.parametrize(("before", "after"), [("muon", "adamw"), ("adamw", "muon")])
def test_what_another_kind_of_optimizer_remembered_is_of_no_use(
    build_tiny, tiny_config, random_tokens, before, after
):
    model = build_tiny(tiny_config("gpt"))
    torch.autograd.backward(model(random_tokens()).square().mean())
    first = build_optimizers(model, TrainingConfig(optimizer=before))
    for one in first:
        one.step(0.01)
    second = build_optimizers(model, TrainingConfig(optimizer=after))
    assert matching_states(model, second, optimizer_tensors(model, first)) == {}
