import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from minigpt.training.config import TrainingConfig
from minigpt.training.optimization import build_optimizer, learning_rate_at

schedules = st.builds(
    TrainingConfig,
    steps=st.integers(1, 1000),
    warmup_steps=st.integers(0, 1200),
    learning_rate=st.floats(1e-6, 1),
    final_learning_rate=st.floats(0, 1),
)


@given(schedules, st.integers(1, 1000))
def test_the_schedule_is_its_formula(config, step):
    step = min(step, config.steps)
    warmup, last, peak = config.warmup_steps, config.steps, config.learning_rate
    if step < warmup:
        expected = peak * step / warmup
    else:
        progress = (step - warmup) / max(1, last - warmup)
        lowest = config.final_learning_rate
        expected = peak * (lowest + (1 - lowest) * 0.5 * (1 + math.cos(math.pi * progress)))
    assert learning_rate_at(step, config) == pytest.approx(expected)


@given(schedules)
def test_the_rate_stays_between_nothing_and_its_peak(config):
    rates = [learning_rate_at(step, config) for step in range(1, config.steps + 1)]
    assert min(rates) >= 0
    assert max(rates) <= config.learning_rate * (1 + 1e-9)


def test_it_rises_peaks_falls_and_ends_where_asked():
    config = TrainingConfig(steps=100, warmup_steps=10, learning_rate=2.0, final_learning_rate=0.25)
    assert learning_rate_at(1, config) == pytest.approx(0.2)
    assert learning_rate_at(10, config) == pytest.approx(2.0)
    assert learning_rate_at(55, config) == pytest.approx((2.0 + 0.5) / 2)
    assert learning_rate_at(100, config) == pytest.approx(0.5)
    assert learning_rate_at(200, config) == pytest.approx(0.5)


def test_it_can_stay_where_it_is():
    config = TrainingConfig(warmup_steps=0, final_learning_rate=1.0)
    assert {learning_rate_at(step, config) for step in (0, 1, 500, 1000)} == {3e-3}


def test_matrices_decay_and_offsets_and_gains_do_not():
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 3), nn.LayerNorm(3))
    decaying, free = build_optimizer(model, TrainingConfig(weight_decay=0.3)).param_groups
    assert (decaying["weight_decay"], free["weight_decay"]) == (0.3, 0.0)
    assert {id(one) for one in decaying["params"]} == {id(model[0].weight), id(model[1].weight)}
    assert {id(one) for one in free["params"]} == {
        *(id(model[1].bias), id(model[2].weight), id(model[2].bias)),
    }


def test_every_parameter_of_every_model_is_in_one_group(variant, build_tiny):
    model = build_tiny(variant)
    grouped = [
        id(parameter)
        for group in build_optimizer(model, TrainingConfig()).param_groups
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
