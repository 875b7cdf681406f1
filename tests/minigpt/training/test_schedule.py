import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.training.config import CHOICES, TrainingConfig
from minigpt.training.schedule import SHAPES, learning_rate_at

configs = st.builds(
    TrainingConfig,
    schedule=st.sampled_from(CHOICES["schedule"]),
    steps=st.integers(1, 1000),
    warmup_steps=st.integers(0, 1200),
    learning_rate=st.floats(1e-6, 1),
    final_learning_rate=st.floats(0, 1),
    decay_share=st.floats(0.01, 1),
)


def by_formula(config, step):
    """The learning rate as the papers write it down."""
    peak, lowest, warmup = config.learning_rate, config.final_learning_rate, config.warmup_steps
    if step < warmup:
        return peak * step / warmup
    progress = (step - warmup) / max(1, config.steps - warmup)
    match config.schedule:
        case "constant":
            return peak
        case "linear":
            return peak + progress * (lowest * peak - peak)
        case "cosine":
            return peak * (lowest + (1 - lowest) * 0.5 * (1 + math.cos(math.pi * progress)))
        case "warmup_stable_decay":
            fallen = max(0.0, (progress - (1 - config.decay_share)) / config.decay_share)
            return peak * (1 - fallen) + lowest * peak * fallen


@given(configs, st.integers(1, 1000))
def test_every_schedule_is_its_formula(config, step):
    step = min(step, config.steps)
    rate = learning_rate_at(step, config, last_step=config.steps)
    assert rate == pytest.approx(by_formula(config, step), abs=1e-12)


@given(configs)
def test_the_rate_stays_between_nothing_and_its_peak(config):
    rates = [learning_rate_at(step, config, last_step=config.steps) for step in range(1, 1001)]
    assert min(rates) >= 0
    assert max(rates) <= config.learning_rate * (1 + 1e-9)


def test_every_schedule_that_can_be_chosen_has_a_shape():
    assert set(SHAPES) == set(CHOICES["schedule"])


def test_it_rises_peaks_falls_and_ends_where_asked():
    config = TrainingConfig(steps=100, warmup_steps=10, learning_rate=2.0, final_learning_rate=0.25)
    rates = {step: learning_rate_at(step, config, last_step=100) for step in (1, 10, 55, 100, 200)}
    assert rates == pytest.approx({1: 0.2, 10: 2.0, 55: (2.0 + 0.5) / 2, 100: 0.5, 200: 0.5})


def test_an_earlier_end_makes_it_fall_sooner():
    config = TrainingConfig(steps=100, warmup_steps=0, schedule="linear", final_learning_rate=0.0)
    assert learning_rate_at(50, config, last_step=50) == 0.0
    assert learning_rate_at(25, config, last_step=50) == pytest.approx(config.learning_rate / 2)


def test_the_level_part_is_level_and_the_last_part_falls_to_the_end():
    config = TrainingConfig(
        steps=100, warmup_steps=0, learning_rate=1.0, final_learning_rate=0.0,
        schedule="warmup_stable_decay", decay_share=0.2,
    )  # fmt: skip
    level = [learning_rate_at(step, config, last_step=100) for step in (1, 40, 80)]
    assert level == pytest.approx([1.0] * 3)
    assert learning_rate_at(90, config, last_step=100) == pytest.approx(0.5)
    assert learning_rate_at(100, config, last_step=100) == pytest.approx(0.0)
