import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.distributed import World
from minigpt.training.step import Stepper, mixed_seed

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
