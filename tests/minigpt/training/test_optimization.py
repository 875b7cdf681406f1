import pytest
import torch
from torch import nn

from minigpt.training.config import CHOICES, TrainingConfig
from minigpt.training.muon import Muon
from minigpt.training.optimization import (
    build_optimizers,
    optimizer_tensors,
    restore_optimizers,
    set_learning_rate,
)


def build_optimizer(model, config):
    (optimizer,) = build_optimizers(model, config)
    return optimizer


def test_matrices_decay_and_offsets_and_gains_do_not():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3), nn.LayerNorm(3))
    decaying, free = build_optimizer(model, TrainingConfig(weight_decay=0.3)).param_groups
    assert (decaying["weight_decay"], free["weight_decay"]) == (0.3, 0.0)
    assert {id(one) for one in decaying["params"]} == {id(model[0].weight), id(model[1].weight)}
    assert {id(one) for one in free["params"]} == {
        *(id(model[1].bias), id(model[2].weight), id(model[2].bias)),
    }


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_every_parameter_of_every_model_is_in_one_group(variant, build_tiny, optimizer):
    model = build_tiny(variant)
    grouped = [
        id(parameter)
        for one in build_optimizers(model, TrainingConfig(optimizer=optimizer))
        for group in one.param_groups
        for parameter in group["params"]
    ]
    assert sorted(grouped) == sorted(id(parameter) for parameter in model.parameters())


def test_frozen_parameters_are_left_alone():
    model = nn.Linear(4, 3)
    model.bias.requires_grad_(False)
    (group,) = build_optimizer(model, TrainingConfig()).param_groups
    assert [id(one) for one in group["params"]] == [id(model.weight)]


def test_decay_pulls_towards_zero():
    model = nn.Linear(2, 2)
    optimizer = build_optimizer(model, TrainingConfig(weight_decay=0.5, learning_rate=0.1))
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    torch.testing.assert_close(model.weight.detach(), weight * (1 - 0.1 * 0.5))
    assert torch.equal(model.bias, bias)


def test_beta2_reaches_the_optimizer():
    optimizer = build_optimizer(nn.Linear(2, 2), TrainingConfig(beta2=0.5))
    assert {group["betas"] for group in optimizer.param_groups} == {(0.9, 0.5)}


def test_how_long_the_size_of_gradients_is_remembered_is_a_choice():
    optimizer = build_optimizer(nn.Linear(2, 2), TrainingConfig(beta2=0.95))
    assert {group["betas"] for group in optimizer.param_groups} == {(0.9, 0.95)}


def test_muon_moves_the_matrices_between_the_layers_and_adamw_the_rest(build_tiny, tiny_config):
    model = build_tiny(tiny_config("gpt"))
    _, muon = build_optimizers(model, TrainingConfig(optimizer="muon"))
    assert isinstance(muon, Muon)
    moved = {id(one) for group in muon.param_groups for one in group["params"]}
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


def test_one_learning_rate_is_set_for_all(build_tiny, tiny_config):
    optimizers = build_optimizers(build_tiny(tiny_config("gpt")), TrainingConfig(optimizer="muon"))
    set_learning_rate(optimizers, 0.125)
    assert {group["lr"] for one in optimizers for group in one.param_groups} == {0.125}


@pytest.mark.parametrize("optimizer", CHOICES["optimizer"])
def test_what_optimizers_remember_can_be_taken_out_and_put_back(
    build_tiny, tiny_config, random_tokens, optimizer
):
    config = TrainingConfig(optimizer=optimizer)

    def stepped(model, optimizers):
        model.zero_grad()
        torch.autograd.backward(model(random_tokens()).square().mean())
        for one in optimizers:
            one.step()

    first = build_tiny(tiny_config("gpt"))
    optimizers = build_optimizers(first, config)
    stepped(first, optimizers)
    memory = {name: one.clone() for name, one in optimizer_tensors(first, optimizers).items()}
    second = build_tiny(tiny_config("gpt"))
    second.load_state_dict(first.state_dict())
    restored = build_optimizers(second, config)
    restore_optimizers(second, restored, memory)
    stepped(first, optimizers)
    stepped(second, restored)
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_memory_of_another_model_is_refused(build_tiny, tiny_config):
    model = build_tiny(tiny_config("bigram"))
    optimizers = build_optimizers(model, TrainingConfig())
    with pytest.raises(KeyError):
        restore_optimizers(model, optimizers, {"nowhere.weight/exp_avg": torch.zeros(1)})
