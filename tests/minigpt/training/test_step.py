import shutil
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minigpt.training.batches import Batch, Stretches, mixed_seed
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.distributed import World
from minigpt.training.loss import next_token_loss
from minigpt.training.step import (
    Stepper,
    compiled_loss,
    plain_loss,
    shared_forward,
    without_exchange,
)

TOKENS = torch.arange(200) % 24
CONFIG = TrainingConfig(batch_size=4, warmup_steps=0)


@pytest.fixture
def stepper(build_tiny, tiny_config):
    model = build_tiny(tiny_config("gpt"))
    return Stepper(model, CONFIG, ComputeConfig(), seed=1, world=World())


@given(st.lists(st.tuples(st.integers(0, 2**53), st.integers(0, 10**7)), unique=True, max_size=50))
def test_seeds_have_32_bits_and_differ(pairs):
    seeds = [mixed_seed(*pair) for pair in pairs]
    assert all(0 <= seed < 2**32 for seed in seeds)
    # Two of fifty coincide once in three million times.
    assert len(set(seeds)) == len(pairs)


def test_the_batches_of_all_processes_are_the_batch_of_one(build_tiny, tiny_config, stepper):
    whole = stepper._batch(TOKENS, 3)
    parts = []
    for rank in range(2):
        world = World(size=2)
        part = Stepper(
            build_tiny(tiny_config("bigram")), CONFIG, ComputeConfig(), seed=1, world=World()
        )
        part._world = World(rank=rank, size=world.size)
        parts.append(part._batch(TOKENS, 3))
    assert torch.equal(torch.cat([part.inputs for part in parts]), whole.inputs)
    assert torch.equal(torch.cat([part.targets for part in parts]), whole.targets)


def test_a_step_depends_on_its_number_and_on_no_other_chance(stepper):
    torch.rand(5)
    first = stepper._batch(TOKENS, 3)
    torch.rand(7)
    assert torch.equal(first.inputs, stepper._batch(TOKENS, 3).inputs)
    assert not torch.equal(first.inputs, stepper._batch(TOKENS, 4).inputs)


def test_an_update_tells_its_loss_and_moves_the_weights(stepper):
    before = [parameter.detach().clone() for parameter in stepper.model.parameters()]
    update = stepper.update(TOKENS, step=1, rate=0.01)
    assert update.loss == pytest.approx(3.2, abs=0.3)
    assert update.gradient_norm > 0
    moved = [
        not torch.equal(old, new)
        for old, new in zip(before, stepper.model.parameters(), strict=True)
    ]
    assert all(moved)


def test_a_rate_of_zero_moves_nothing(stepper):
    before = [parameter.detach().clone() for parameter in stepper.model.parameters()]
    stepper.update(TOKENS, step=1, rate=0.0)
    for old, new in zip(before, stepper.model.parameters(), strict=True):
        assert torch.equal(old, new)


@pytest.fixture
def model(build_tiny, tiny_config):
    return build_tiny(tiny_config("gpt"))


def test_alone_a_model_is_called_directly(model):
    assert shared_forward(model, World()) is model
    with without_exchange(model):
        pass


def test_the_plain_loss_is_that_of_what_the_model_says(model, random_tokens):
    inputs, targets = random_tokens(), random_tokens()
    assert torch.equal(plain_loss(model)(inputs, targets), next_token_loss(model(inputs), targets))


COMPILE = """
import torch
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.training.batches import Batch, Stretches, mixed_seed
from minigpt.training.step import compiled_loss, plain_loss
config = GPTConfig(context_length=8, width=16, num_layers=1, activation="relu")
model = build_model(config, vocabulary_size=24)
tokens = torch.arange(16).view(2, 8)
compiled, problem = compiled_loss(model, Batch(tokens, tokens + 1))
assert problem is None, problem

def gradients(loss):
    model.zero_grad()
    torch.autograd.backward(loss(tokens, tokens + 1))
    return [parameter.grad for parameter in model.parameters()]

plain = plain_loss(model)
torch.testing.assert_close(compiled(tokens, tokens + 1), plain(tokens, tokens + 1))
torch.testing.assert_close(gradients(compiled), gradients(plain), atol=1e-5, rtol=1e-4)
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no compiler here")
def test_compiled_it_computes_the_same_in_both_directions():
    # In a process of its own: the checks of types, which only tests make, cannot be compiled.
    code = subprocess.run([sys.executable, "-c", COMPILE], check=False, capture_output=True)
    assert code.returncode == 0, code.stderr.decode()


def test_trying_leaves_no_gradients(model, random_tokens, monkeypatch):
    monkeypatch.setattr(torch, "compile", lambda loss, **_: loss)
    compiled_loss(model, Batch(random_tokens(), random_tokens()))
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_compiler_that_fails_at_the_first_call_leads_back_to_the_plain_model(
    model, random_tokens, monkeypatch
):
    def broken(_, **_options):
        def call(_inputs, _targets):
            raise RuntimeError("cannot link\nand a page more")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    tokens = random_tokens()
    loss, problem = compiled_loss(model, Batch(tokens, tokens))
    assert torch.equal(loss(tokens, tokens), next_token_loss(model(tokens), tokens))
    assert problem == "Not compiled, so steps take longer: cannot link"


def test_a_compiler_that_fails_on_the_way_back_leads_back_too(model, random_tokens, monkeypatch):
    def broken(plain, **_options):
        def call(inputs, targets):
            loss = plain(inputs, targets)
            loss.register_hook(lambda _: (_ for _ in ()).throw(RuntimeError("no backward")))
            return loss

        return call

    monkeypatch.setattr(torch, "compile", broken)
    tokens = random_tokens()
    loss, problem = compiled_loss(model, Batch(tokens, tokens))
    assert torch.isfinite(loss(tokens, tokens))
    assert "no backward" in problem
    assert all(parameter.grad is None for parameter in model.parameters())


UNREAD, TOUCHING = Stretches.of([(40, 60)]), 1
"""A step at which some windows touch what is unread, and some do not."""


def windows_without(batch):
    return batch.weights if batch.weights is not None else torch.ones(len(batch.inputs))


@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_windows_without_weight_teach_nothing_and_the_others_what_they_would(
    build_tiny, tiny_config, pieces
):
    def gradients(unread):
        model = build_tiny(tiny_config("gpt"))
        config = TrainingConfig(
            batch_size=8, gradient_accumulation=pieces, gradient_clip=0.0, warmup_steps=0
        )
        stepper = Stepper(model, config, ComputeConfig(), seed=1, world=World(), unread=unread)
        batch = stepper._batch(TOKENS, step=TOUCHING)
        stepper._clear()
        told = stepper._backward(batch)
        return batch, told, {name: one.grad for name, one in model.named_parameters()}, model

    batch, told, found, model = gradients(UNREAD)
    plain_batch, plain_told, _, _ = gradients(None)
    weights = windows_without(batch)
    assert 0 < weights.sum() < 8
    assert torch.equal(batch.inputs, plain_batch.inputs)
    # What is told is the loss of the whole batch, so that curves of twins can be compared.
    assert told == pytest.approx(plain_told, rel=1e-5)
    model.zero_grad()
    rows = weights.bool()
    loss = next_token_loss(model(batch.inputs[rows]), batch.targets[rows])
    torch.autograd.backward(loss * rows.sum() / 8)
    for name, one in model.named_parameters():
        torch.testing.assert_close(found[name], one.grad, rtol=1e-4, atol=1e-6)


def test_twins_part_at_the_first_batch_that_touches_what_is_unread(build_tiny, tiny_config):
    def trained(unread):
        model = build_tiny(tiny_config("gpt"))
        stepper = Stepper(model, CONFIG, ComputeConfig(), seed=1, world=World(), unread=unread)
        for step in range(1, 9):
            touched = stepper._batch(TOKENS, step).weights is not None
            stepper.update(TOKENS, step=step, rate=1e-3)
            yield touched, {name: one.clone() for name, one in model.state_dict().items()}

    parted = False
    for (_, plain), (touched, without) in zip(trained(None), trained(UNREAD), strict=True):
        parted = parted or touched
        same = all(torch.equal(plain[name], without[name]) for name in plain)
        assert same != parted
    assert parted


def test_a_batch_in_which_nothing_counts_is_no_broken_loss(build_tiny, tiny_config):
    everything = Stretches.of([(0, 200)])
    model = build_tiny(tiny_config("gpt"))
    stepper = Stepper(model, CONFIG, ComputeConfig(), seed=1, world=World(), unread=everything)
    update = stepper.update(TOKENS, step=1, rate=1e-3)
    assert update.loss > 0
    assert update.gradient_norm == 0


def test_processes_share_what_counts(build_tiny, tiny_config):
    model = build_tiny(tiny_config("gpt"))
    whole = Stepper(model, CONFIG, ComputeConfig(), seed=1, world=World(), unread=UNREAD)
    expected = next(
        batch for step in range(1, 40) if (batch := whole._batch(TOKENS, step)).weights is not None
    )
    step = next(n for n in range(1, 40) if whole._batch(TOKENS, n).weights is not None)
    parts = []
    for rank in range(2):
        one = Stepper(model, CONFIG, ComputeConfig(), seed=1, world=World(), unread=UNREAD)
        one._world = World(rank=rank, size=2)
        parts.append(one._batch(TOKENS, step).weights)
    assert torch.equal(torch.cat(parts), expected.weights)
