import dataclasses

import pytest

from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import analytic_calibration, can_guess
from minigpt.jobs.estimate.calibration import keep
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS


@pytest.fixture(autouse=True)
def no_graphics(monkeypatch):
    monkeypatch.setattr(machine, "has_graphics", lambda: False)


@pytest.mark.parametrize(
    "change",
    [
        {"model.width": 64},
        {"model.num_layers": 4},
        {"model.context_length": 64},
        {"training.batch_size": 64},
    ],
)
def test_more_arithmetic_takes_longer(tiny, change):
    small = analytic_calibration(tiny, vocabulary_size=24)
    large = analytic_calibration(tiny.changed(change), vocabulary_size=24)
    assert large.step_seconds > small.step_seconds


def test_even_a_table_takes_some_time(tiny):
    config = tiny.changed({"model.rung": "bigram"})
    assert analytic_calibration(config, vocabulary_size=24).step_seconds > 0


def test_what_was_measured_of_another_model_tells_how_fast_the_machine_is(tiny):
    other = tiny.changed({"model.width": 512, "training.batch_size": 64})
    before = analytic_calibration(other, vocabulary_size=24)
    fast = {**ANSWER["calibration"], "flops_per_second": 1e15, "operation_seconds": 1e-9}
    keep(tiny, {"calibration": fast}, vocabulary_size=24)
    after = analytic_calibration(other, vocabulary_size=24)
    assert after.step_seconds < before.step_seconds
    assert after.start_seconds == PARTS.start_seconds
    assert after.base_bytes == PARTS.base_bytes


def test_a_graphics_card_that_was_never_used_cannot_be_guessed(tiny, monkeypatch):
    assert can_guess(tiny)
    assert not can_guess(tiny.changed({"compute.device": "cuda"}))
    monkeypatch.setattr(machine, "has_graphics", lambda: True)
    assert not can_guess(tiny)
    assert can_guess(tiny.changed({"compute.device": "cpu"}))
    keep(tiny, {"calibration": dataclasses.asdict(PARTS)}, vocabulary_size=24)
    assert can_guess(tiny)


def test_each_process_takes_its_part_of_a_batch(tiny):
    config = tiny.changed({"training.batch_size": 64, "model.width": 256, "compute.threads": 1})
    shared = analytic_calibration(config.changed({"compute.processes": 8}), vocabulary_size=24)
    assert shared.step_seconds < analytic_calibration(config, vocabulary_size=24).step_seconds
