import dataclasses

import pytest

from minigpt.jobs.estimate import analytic
from minigpt.jobs.estimate.analytic import (
    analytic_calibration,
    can_guess,
    duration,
    typical_seconds,
)
from minigpt.jobs.estimate.measurements import Calibration, record_answer
from minigpt.jobs.worker import recorder
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS, TEXT

NOTHING = Calibration(
    start_seconds=0.0,
    step_seconds=0.0,
    log_row_seconds=0.0,
    evaluation_window_seconds=0.0,
    token_seconds=0.0,
    weights_seconds=0.0,
    state_seconds=0.0,
)
# 12 steps, a look every 4, so 4 of them; 10 windows of 8 tokens; samples of 5 tokens; 3 kept.
COSTS = {
    "start_seconds": 1,
    "step_seconds": 12,
    "log_row_seconds": 12 + 4,
    "evaluation_window_seconds": 4
    * (10 + 10),  # of the validation part, and as many of the training part
    "token_seconds": 4 * 5,
    "weights_seconds": 4 + 3,
    "compile_seconds": 1,
}


@pytest.fixture(autouse=True)
def no_graphics(this_machine):
    this_machine()


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
    record_answer(tiny, {"calibration": fast}, vocabulary_size=24)
    after = analytic_calibration(other, vocabulary_size=24)
    assert after.step_seconds < before.step_seconds
    assert after.start_seconds == PARTS.start_seconds
    assert after.base_bytes == PARTS.base_bytes


def test_a_graphics_card_that_was_never_used_cannot_be_guessed(tiny, this_machine):
    assert can_guess(tiny)
    assert not can_guess(tiny.changed({"compute.device": "cuda"}))
    this_machine(graphics="Some Card")
    assert not can_guess(tiny)
    assert can_guess(tiny.changed({"compute.device": "cpu"}))
    record_answer(tiny, {"calibration": dataclasses.asdict(PARTS)}, vocabulary_size=24)
    assert can_guess(tiny)


def test_each_process_takes_its_part_of_a_batch(tiny):
    config = tiny.changed({"training.batch_size": 64, "model.width": 256, "compute.threads": 1})
    shared = analytic_calibration(config.changed({"compute.processes": 8}), vocabulary_size=24)
    assert shared.step_seconds < analytic_calibration(config, vocabulary_size=24).step_seconds


@pytest.mark.parametrize("part", COSTS)
def test_each_part_counts_as_often_as_it_happens(tiny, part):
    parts = dataclasses.replace(NOTHING, **{part: 1.0})
    expected = COSTS[part] + TEXT.seconds
    assert duration(tiny, TEXT, parts, steps=12).seconds == pytest.approx(expected)


def test_saving_to_go_on_takes_no_more_than_its_share(tiny):
    often = dataclasses.replace(NOTHING, step_seconds=100.0, state_seconds=1.0)
    assert duration(tiny, TEXT, often, steps=12).seconds == pytest.approx(1200 + 1 + 4 + 0.5)
    rarely = dataclasses.replace(NOTHING, step_seconds=1.0, state_seconds=100.0)
    assert duration(tiny, TEXT, rarely, steps=12).seconds == pytest.approx(
        12 + 100 + 12 * analytic.SAVING_SHARE + 0.5
    )


def test_a_limit_of_time_ends_it_before_the_last_step(tiny):
    parts = dataclasses.replace(NOTHING, start_seconds=3.0, step_seconds=60.0)
    limited = duration(tiny.changed({"training.minutes": 6.0}), TEXT, parts, steps=12)
    assert limited.seconds == pytest.approx(3.0 + 0.5 + 360)
    assert limited.steps == 6
    unlimited = duration(tiny.changed({"training.minutes": 60.0}), TEXT, parts, steps=12)
    assert unlimited.steps == 12


def test_processes_share_the_looks_but_wait_for_each_other_where_cores_are_few(tiny, this_machine):
    this_machine(cores=4)
    looking = dataclasses.replace(NOTHING, evaluation_window_seconds=1.0)
    changes = {"training.batch_size": 8, "compute.threads": 1}
    two = tiny.changed({**changes, "compute.processes": 2})
    assert duration(two, TEXT, looking, steps=12).seconds == pytest.approx(4 * 20 / 2 + 0.5)
    eight = tiny.changed({**changes, "compute.processes": 8})
    assert duration(eight, TEXT, looking, steps=12).seconds == pytest.approx(4 * 20 / 8 * 2 + 0.5)


def test_of_a_long_training_only_some_steps_are_written_down(tiny):
    parts = dataclasses.replace(NOTHING, log_row_seconds=1.0)
    config = tiny.changed({"training.evaluation_interval": 1_000_000})
    assert duration(config, TEXT, parts, steps=10_000).seconds == pytest.approx(2000 + 2 + 0.5)


def test_as_many_steps_are_written_down_as_a_recorder_writes():
    assert analytic.MOST_ROWS == recorder.MOST_TRAINING_POINTS


def test_presets_can_be_compared_before_their_text_is_read(tiny):
    longer = tiny.changed({"training.steps": 100 * tiny.training.steps})
    assert 0 < typical_seconds(tiny) < typical_seconds(longer)
    assert typical_seconds(tiny.changed({"compute.device": "cuda"})) is None
