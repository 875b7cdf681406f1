import math

import pytest
import torch
from torch import nn

from minigpt.training.precision import FIRST_SCALE, STEPS_BEFORE_DOUBLING, LossScale


@pytest.fixture
def scale():
    return LossScale(is_needed=True)


def test_gradients_come_out_as_large_as_they_are(scale):
    weights = nn.Parameter(torch.tensor([1.0, 2.0]))
    torch.autograd.backward(scale.scaled(weights.square().sum()))
    assert weights.grad is not None
    torch.testing.assert_close(weights.grad, FIRST_SCALE * torch.tensor([2.0, 4.0]))
    scale.unscale([weights, nn.Parameter(torch.ones(1))])
    torch.testing.assert_close(weights.grad, torch.tensor([2.0, 4.0]))


def test_what_float16_would_lose_survives(scale):
    loss = torch.tensor(1.0, dtype=torch.float16)
    assert (loss * 1e-8).item() == 0.0
    assert (scale.scaled(loss.float()) * 1e-8).half().item() > 0


@pytest.mark.parametrize("norm", [math.inf, math.nan])
def test_a_step_that_overflowed_is_left_out_and_the_factor_halves(scale, norm):
    assert not scale.accepts(norm)
    assert scale.scale == FIRST_SCALE / 2
    assert scale.accepts(1.0)


def test_after_many_good_steps_the_factor_doubles(scale):
    for _ in range(STEPS_BEFORE_DOUBLING):
        assert scale.scale == FIRST_SCALE
        assert scale.accepts(1.0)
    assert scale.scale == 2 * FIRST_SCALE


def test_an_overflow_starts_the_count_again(scale):
    for _ in range(STEPS_BEFORE_DOUBLING - 1):
        scale.accepts(1.0)
    scale.accepts(math.inf)
    scale.accepts(1.0)
    assert scale.scale == FIRST_SCALE / 2


def test_where_none_is_needed_it_does_nothing():
    idle, loss = LossScale(is_needed=False), torch.tensor(2.0)
    weights = nn.Parameter(torch.ones(1))
    weights.grad = torch.ones(1)
    assert idle.scaled(loss) is loss
    idle.unscale([weights])
    assert torch.equal(weights.grad, torch.ones(1))
    assert idle.accepts(math.inf)
    assert idle.state() == {}


def test_it_goes_on_where_another_stood(scale):
    scale.accepts(math.inf)
    scale.accepts(1.0)
    other = LossScale(is_needed=True)
    other.restore(scale.state())
    assert (other.scale, other.good_steps) == (FIRST_SCALE / 2, 1)
    other.restore({})
    assert (other.scale, other.good_steps) == (FIRST_SCALE / 2, 1)


def test_it_goes_on_where_pytorchs_own_stood(scale):
    scale.restore({"scale": 8.0, "growth_factor": 2.0, "_growth_tracker": STEPS_BEFORE_DOUBLING})
    assert scale.accepts(1.0)
    assert (scale.scale, scale.good_steps) == (16.0, 0)
