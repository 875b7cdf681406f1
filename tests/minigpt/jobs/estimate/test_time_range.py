"""Between which times a run ends: from runs, from timed steps, from arithmetic; never too sure."""

import dataclasses

import pytest

from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import duration
from minigpt.jobs.estimate.estimate import estimate
from minigpt.jobs.estimate.measurements import NOTHING, CalibrationResult, keep_run, record_answer
from minigpt.jobs.estimate.time_range import SPREAD, time_range
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS, TEXT

STEPS = 12
QUIET = CalibrationResult(calibration=PARTS)
BUSY = CalibrationResult(calibration=PARTS, was_busy=True)


@pytest.fixture(autouse=True)
def two_cores(this_machine):
    this_machine(cores=2)


def told(config, record, load=0.0):
    return time_range(config, TEXT, record, steps=STEPS, load=lambda: load)


def seconds(config, parts=PARTS):
    return duration(config, TEXT, parts, steps=STEPS).seconds


def run_took(config, factor):
    keep_run(config, PARTS.slowed(factor), vocabulary_size=TEXT.vocabulary_size)


@pytest.mark.parametrize(
    ("record", "basis"), [(QUIET, "measured"), (BUSY, "busy"), (NOTHING, "rough")]
)
def test_on_a_quiet_machine_the_range_is_as_wide_as_what_it_is_told_from_is_unsure(
    tiny, record, basis
):
    found = told(tiny, record)
    assert found.basis == basis
    least, most = SPREAD[basis]
    likely = found.likely.seconds
    # The text takes the same time however slow the steps are.
    assert found.fastest.seconds == pytest.approx(least * likely, rel=0.2)
    assert found.slowest.seconds == pytest.approx(most * likely, rel=0.2)
    assert found.crowding == 1.0


def test_the_surer_the_witness_the_narrower_the_range():
    widths = [most / least for least, most in SPREAD.values()]
    assert widths == sorted(widths)


def test_only_the_longer_time_is_for_a_machine_as_busy_as_now(tiny):
    quiet, busy = told(tiny, QUIET), told(tiny, QUIET, load=6.5)
    assert (busy.fastest, busy.likely) == (quiet.fastest, quiet.likely)
    assert busy.crowding == (6.5 + 2 - 0.5) / 2
    assert busy.slowest.seconds == pytest.approx(busy.crowding * quiet.slowest.seconds, rel=0.2)


def test_what_others_do_now_does_not_last_for_ever(tiny):
    assert told(tiny, QUIET, load=500.0).crowding == machine.MOST_CROWDED


def test_runs_that_ended_are_believed_before_what_was_timed(tiny):
    run_took(tiny, 3.0)
    found = told(tiny, QUIET)
    assert (found.basis, found.runs) == ("runs", 1)
    assert found.likely.seconds == pytest.approx(seconds(tiny, PARTS.slowed(3.0)))
    # A quiet machine was seen to be faster than that run was.
    assert found.fastest.seconds < seconds(tiny)
    assert found.slowest.seconds > found.likely.seconds


def test_of_several_runs_the_middle_one_is_likely_and_all_lie_within(tiny):
    for factor in (1.0, 1.5, 9.0):
        run_took(tiny, factor)
    found = told(tiny, NOTHING)
    each = [seconds(tiny, PARTS.slowed(factor)) for factor in (1.0, 1.5, 9.0)]
    assert found.likely.seconds == pytest.approx(each[1])
    assert found.fastest.seconds < each[0] < each[2] < found.slowest.seconds


def test_a_run_tells_of_other_lengths_and_of_other_evaluations(tiny):
    run_took(tiny, 1.0)
    longer = tiny.changed({"training.steps": 500, "training.evaluation_interval": 100})
    found = time_range(longer, TEXT, NOTHING, steps=500, load=lambda: 0.0)
    assert found.basis == "runs"
    assert found.likely.seconds == pytest.approx(duration(longer, TEXT, PARTS, steps=500).seconds)


def test_what_a_run_did_not_show_is_taken_from_what_was_timed(tiny):
    silent = dataclasses.replace(PARTS, start_seconds=0.0, token_seconds=0.0)
    keep_run(tiny, silent, vocabulary_size=TEXT.vocabulary_size)
    assert told(tiny, QUIET).likely.seconds == pytest.approx(seconds(tiny))


def test_a_limit_of_time_holds_at_both_ends(tiny):
    config = tiny.changed({"training.steps": 10_000, "training.minutes": 1.0})
    found = time_range(config, TEXT, QUIET, steps=10_000, load=lambda: 9.0)
    assert found.fastest.seconds < found.slowest.seconds < 60 * 1.5
    assert found.slowest.steps < found.likely.steps < found.fastest.steps


def test_what_was_timed_beside_others_is_never_called_measured(tiny):
    record_answer(tiny, {**ANSWER, "was_busy": True}, vocabulary_size=TEXT.vocabulary_size)
    busy = estimate(tiny, TEXT, load=lambda: 3.0)
    assert busy.basis == "busy"
    assert "measured" not in " ".join(busy.notes)
    assert any("other programs kept this machine busy" in note for note in busy.notes)
    assert any("as busy as it is now" in note for note in busy.notes)
    record_answer(tiny, ANSWER, vocabulary_size=TEXT.vocabulary_size)
    quiet = estimate(tiny, TEXT, load=lambda: 0.0)
    assert quiet.basis == "measured"
    [note] = quiet.notes
    assert "measured" in note


def test_how_many_runs_it_is_told_from_is_said(tiny):
    for count, words in ((1, "1 finished run of"), (2, "2 finished runs of")):
        run_took(tiny, 1.0)
        assert words in " ".join(estimate(tiny, TEXT, load=lambda: 0.0).notes), count
