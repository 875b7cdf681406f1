import math

import pytest
import torch
from torch import nn

from minigpt.errors import ConfigurationError
from minigpt.training import precision as device_module
from minigpt.training.config import ComputeConfig
from minigpt.training.precision import (
    FIRST_SCALE,
    STEPS_BEFORE_DOUBLING,
    LossScale,
    choose_device,
    precision_context,
    require_precision,
    seed_device,
)

CPU = torch.device("cpu")


def test_the_processor_is_always_there():
    assert choose_device(ComputeConfig(device="cpu")) == CPU


def test_a_graphics_card_is_taken_where_there_is_one_and_each_process_has_its_own(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    chosen = [choose_device(ComputeConfig(), rank=rank) for rank in range(3)]
    assert [str(one) for one in chosen] == ["cuda:0", "cuda:1", "cuda:0"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this computer has a graphics card")
def test_a_device_that_is_not_there_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="no cuda device") as refusal:
        choose_device(ComputeConfig(device="cuda"))
    assert refusal.value.field == "compute.device"


def test_a_precision_the_processor_lacks_is_refused(monkeypatch):
    monkeypatch.setattr(device_module, "_has_bfloat16", lambda _: False)
    with pytest.raises(ConfigurationError, match="cannot compute in bfloat16") as refusal:
        require_precision(ComputeConfig(precision="bfloat16"), CPU)
    assert refusal.value.field == "compute.precision"
    require_precision(ComputeConfig(), CPU)


def test_float16_without_a_card_is_refused():
    with pytest.raises(ConfigurationError, match="cannot compute in float16"):
        require_precision(ComputeConfig(precision="float16"), CPU)


def test_products_are_computed_in_the_chosen_precision():
    matrix = torch.ones(2, 2)
    with precision_context(ComputeConfig(precision="bfloat16"), CPU):
        assert (matrix @ matrix).dtype == torch.bfloat16
    with precision_context(ComputeConfig(), CPU):
        assert (matrix @ matrix).dtype == torch.float32


def test_what_is_drawn_follows_from_the_seed():
    def drawn(number):
        seed_device(CPU, number)
        return torch.rand(3)

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


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


def test_where_no_scale_is_needed_it_does_nothing():
    idle, loss = LossScale(is_needed=False), torch.tensor(2.0)
    weights = nn.Parameter(torch.ones(1))
    weights.grad = torch.ones(1)
    assert idle.scaled(loss) is loss
    idle.unscale([weights])
    assert torch.equal(weights.grad, torch.ones(1))
    assert idle.accepts(math.inf)
    assert idle.state() == {}


def test_a_scale_goes_on_where_another_stood(scale):
    scale.accepts(math.inf)
    scale.accepts(1.0)
    other = LossScale(is_needed=True)
    other.restore(scale.state())
    assert (other.scale, other.good_steps) == (FIRST_SCALE / 2, 1)
    other.restore({})
    assert (other.scale, other.good_steps) == (FIRST_SCALE / 2, 1)


def test_a_scale_goes_on_where_pytorchs_own_stood(scale):
    scale.restore({"scale": 8.0, "growth_factor": 2.0, "_growth_tracker": STEPS_BEFORE_DOUBLING})
    assert scale.accepts(1.0)
    assert (scale.scale, scale.good_steps) == (16.0, 0)
