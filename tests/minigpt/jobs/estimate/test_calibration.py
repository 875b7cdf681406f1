import dataclasses
import hashlib
import json
import subprocess
import time

import pytest

from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.calibration import (
    BROKEN,
    BUSY,
    TimingProcess,
    calibrate,
    calibrate_in_background,
)
from minigpt.jobs.estimate.measurements import (
    GOOD_FOR_SECONDS,
    MOST_RUNS,
    NOTHING,
    RUNS_GOOD_FOR_SECONDS,
    folder,
    keep_run,
    record_answer,
    recorded_machine,
    recorded_result,
    recorded_runs,
    result_from,
)
from minigpt.jobs.fork_server import VARIABLE, can_be_opened
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS, PATIENT

PATIENCE_SECONDS = 60.0
forked_here = pytest.mark.skipif(not can_be_opened(), reason="nothing is forked here")


def test_nothing_is_known_before_it_was_measured(tiny):
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING
    assert recorded_machine(tiny) == NOTHING


def test_what_was_measured_is_found_again(tiny):
    assert record_answer(tiny, ANSWER, vocabulary_size=24).calibration == PARTS
    assert recorded_result(tiny, vocabulary_size=24).calibration == PARTS
    assert recorded_machine(tiny).calibration == PARTS


def test_what_workers_took_that_imported_everything_themselves_is_not_told_any_more(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    keep_run(tiny, PARTS, vocabulary_size=24)
    for file in list(folder().glob("*.json")):
        kept = json.loads(file.read_text("utf-8"))
        file.unlink()
        subject = {**kept["about"], "version": 3}
        name = hashlib.sha256(json.dumps(subject, sort_keys=True).encode()).hexdigest()[:20]
        (folder() / f"{name}.json").write_text(json.dumps(kept | {"about": subject}), "utf-8")
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING
    assert recorded_machine(tiny) == NOTHING
    assert recorded_runs(tiny, vocabulary_size=24) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"model.width": 32},
        {"training.batch_size": 4},
        {"training.gradient_accumulation": 2},
        {"training.optimizer": "muon"},
        {"compute.threads": 7},
        {"compute.precision": "bfloat16"},
        {"compute.compile": True},
    ],
)
def test_what_changes_the_time_of_a_step_has_to_be_measured_again(tiny, change):
    config = tiny.changed({"training.optimizer": "adamw"})
    record_answer(config, ANSWER, vocabulary_size=24)
    assert recorded_result(config.changed(change), vocabulary_size=24) == NOTHING


@pytest.mark.parametrize(
    "change", [{"training.steps": 99}, {"training.learning_rate": 1.0}, {"seed": 3}]
)
def test_what_changes_no_step_was_measured_already(tiny, change):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    assert recorded_result(tiny.changed(change), vocabulary_size=24).calibration == PARTS


def test_another_vocabulary_and_another_machine_are_measured_anew(tiny, this_machine):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    assert recorded_result(tiny, vocabulary_size=25) == NOTHING
    this_machine(graphics="Some Card")
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING
    assert recorded_machine(tiny) == NOTHING


def test_a_measurement_does_not_count_for_ever(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    tomorrow = time.time() + GOOD_FOR_SECONDS + 1
    assert recorded_result(tiny, vocabulary_size=24, now=lambda: tomorrow) == NOTHING


def test_why_it_failed_is_kept_but_says_nothing_of_the_machine(tiny):
    record_answer(tiny, {"problem": "No memory."}, vocabulary_size=24)
    assert recorded_result(tiny, vocabulary_size=24).problem == "No memory."
    assert recorded_machine(tiny) == NOTHING


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"calibration": 3},
        {"calibration": {"step_seconds": 1.0}},
        {"calibration": {**ANSWER["calibration"], "step_seconds": "fast"}},
        {"calibration": {**ANSWER["calibration"], "step_seconds": -1.0}},
    ],
)
def test_a_damaged_answer_is_none(answer):
    record = result_from(answer)
    assert record.calibration is None
    assert record.problem


def test_a_damaged_file_counts_as_none(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    for path in folder().glob("*.json"):
        path.write_text(path.read_text()[:40])
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING


def test_the_file_says_what_it_is_about(tiny):
    record_answer(tiny, ANSWER, vocabulary_size=24)
    about = [json.loads(path.read_text())["about"] for path in folder().glob("*.json")]
    assert all(one["machine"]["cores"] >= 1 and one["threads"] >= 1 for one in about)
    assert {one.get("vocabulary_size") for one in about} == {24, None}


def test_without_a_folder_to_write_to_it_is_measured_every_time(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    assert record_answer(tiny, ANSWER, vocabulary_size=24).calibration == PARTS
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING


BROKEN_PROCESS = TimingProcess(module="minigpt.no_such_module")
HURRIED = TimingProcess(limit_seconds=0.05)


class Counted(TimingProcess):
    """Times as the real one does, or answers as another, and keeps what it was asked."""

    def __init__(self, answer=PATIENT.answer):
        super().__init__()
        self.__dict__.update(asked=[], told=answer)

    def answer(self, config, vocabulary_size):
        self.asked.append(config)
        return self.told(config, vocabulary_size)


def test_a_configuration_is_measured_once_by_a_process_like_a_worker(tiny):
    counted = Counted()
    first = calibrate(tiny, vocabulary_size=24, process=counted)
    assert first.calibration is not None
    assert first.calibration.step_seconds > 0
    assert first.calibration.start_seconds > 0
    assert first.problem == ""
    again = calibrate(tiny, vocabulary_size=24, process=counted)
    assert recorded_result(tiny, vocabulary_size=24) == again
    # What was timed while the machine of this test was busy is timed once more.
    assert again == first or first.was_busy
    assert len(counted.asked) == 1 + first.was_busy


def test_it_gets_the_threads_that_a_worker_would_get(tiny, monkeypatch):
    seen = {}

    def run(command, *, env, **_):
        seen.update(env)
        raise OSError

    monkeypatch.setattr(subprocess, "run", run)
    calibrate(tiny.changed({"compute.threads": 3}), vocabulary_size=24)
    assert seen["OMP_NUM_THREADS"] == "3"
    assert seen["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.parametrize("module", ["minigpt.no_such_module", "this", "minigpt.errors"])
def test_a_process_that_breaks_down_leaves_a_reason(tiny, module):
    process = TimingProcess(module=module)
    assert calibrate(tiny, vocabulary_size=24, process=process).problem == BROKEN
    assert recorded_result(tiny, vocabulary_size=24).problem == BROKEN


def test_a_process_that_takes_too_long_is_ended(tiny):
    began = time.monotonic()
    assert "longer than" in calibrate(tiny, vocabulary_size=24, process=HURRIED).problem
    assert time.monotonic() - began < PATIENCE_SECONDS


@pytest.fixture
def forks(fork_server_address, monkeypatch):
    """Processes that time are forked, as in the app; starting one from nothing is an error."""

    def refuse(*_, **__):
        raise AssertionError("It was started from nothing.")

    monkeypatch.setenv(VARIABLE, fork_server_address)
    monkeypatch.setattr(subprocess, "run", refuse)


@forked_here
def test_where_workers_are_forked_so_is_what_times_them(tiny, forks):
    result = calibrate(tiny, vocabulary_size=24)
    assert result.problem == ""
    assert result.calibration.step_seconds > 0
    assert result.calibration.start_seconds > 0


@forked_here
@pytest.mark.parametrize("module", ["minigpt.no_such_module", "this", "minigpt.errors"])
def test_a_forked_process_that_breaks_down_leaves_a_reason(tiny, forks, module):
    process = TimingProcess(module=module)
    assert calibrate(tiny, vocabulary_size=24, process=process).problem == BROKEN


@forked_here
def test_a_forked_process_that_takes_too_long_is_ended(tiny, forks):
    assert "longer than" in calibrate(tiny, vocabulary_size=24, process=HURRIED).problem


def test_what_failed_is_tried_again(tiny):
    counted = Counted(BROKEN_PROCESS.answer)
    calibrate(tiny, vocabulary_size=24, process=counted)
    calibrate(tiny, vocabulary_size=24, process=counted)
    assert len(counted.asked) == 2


def test_only_one_is_under_way_at_a_time(tiny):
    with calibration._lock():
        assert calibrate(tiny, vocabulary_size=24, process=HURRIED).problem == BUSY
        assert calibrate_in_background(tiny, vocabulary_size=24)
        assert recorded_result(tiny, vocabulary_size=24) == NOTHING


def test_in_the_background_nobody_waits_for_it(tiny):
    assert calibrate_in_background(tiny, vocabulary_size=24, process=BROKEN_PROCESS)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while recorded_result(tiny, vocabulary_size=24) == NOTHING:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    assert recorded_result(tiny, vocabulary_size=24).problem == BROKEN
    assert not calibrate_in_background(tiny, vocabulary_size=24)


def test_without_a_data_folder_there_is_a_reason_too(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    assert calibrate(tiny, vocabulary_size=24).problem == BUSY


def test_what_this_computer_cannot_do_is_told_in_its_words(tiny):
    import torch

    if torch.cuda.is_available():
        pytest.skip("needs a computer without a graphics card")
    without_card = tiny.changed({"compute.device": "cuda"})
    record = calibrate(without_card, vocabulary_size=24, process=PATIENT)
    assert "no cuda device" in record.problem


@pytest.mark.parametrize(
    ("was_busy", "seconds_ago", "load", "again"),
    [
        (True, 3600.0, 0.2, True),
        (True, 3600.0, 9.0, False),
        (True, 5.0, 0.2, False),
        (False, 3600.0, 0.2, False),
    ],
)
def test_what_was_timed_on_a_busy_machine_is_timed_again_once_it_is_quiet(
    tiny, was_busy, seconds_ago, load, again
):
    answer, then = {**ANSWER, "was_busy": was_busy}, time.time() - seconds_ago
    record_answer(tiny, answer, vocabulary_size=24, now=lambda: then)
    process = Counted(lambda *_: answer)
    begun = process.asked
    waits = calibrate_in_background(tiny, vocabulary_size=24, load=lambda: load, process=process)
    assert not waits, "what is known serves meanwhile"
    give_up = time.monotonic() + PATIENCE_SECONDS
    while again and not begun and time.monotonic() < give_up:
        time.sleep(0.01)
    assert begun == ([tiny] if again else [])
    assert recorded_result(tiny, vocabulary_size=24).was_busy == was_busy


def test_whoever_waits_for_it_has_it_timed_again_whatever_the_load(tiny):
    record_answer(tiny, {**ANSWER, "was_busy": True}, vocabulary_size=24)
    counted = Counted()
    assert calibrate(tiny, vocabulary_size=24, process=counted).calibration != PARTS
    assert len(counted.asked) == 1


def test_the_newest_runs_of_a_shape_are_kept(tiny):
    assert recorded_runs(tiny, vocabulary_size=24) == ()
    for number in range(MOST_RUNS + 2):
        seen = dataclasses.replace(PARTS, step_seconds=float(number))
        keep_run(tiny, seen, vocabulary_size=24)
    steps = [one.step_seconds for one in recorded_runs(tiny, vocabulary_size=24)]
    assert steps == [float(number) for number in range(2, MOST_RUNS + 2)]
    assert recorded_runs(tiny.changed({"model.width": 32}), vocabulary_size=24) == ()
    assert recorded_result(tiny, vocabulary_size=24) == NOTHING


def test_runs_of_long_ago_tell_nothing_of_today(tiny):
    keep_run(tiny, PARTS, vocabulary_size=24)
    assert recorded_runs(tiny, vocabulary_size=24) == (PARTS,)
    later = time.time() + RUNS_GOOD_FOR_SECONDS + 1
    assert recorded_runs(tiny, vocabulary_size=24, now=lambda: later) == ()


@pytest.mark.parametrize("rows", [[], {}, [3], [{"at": 1e12, "calibration": {}}], None])
def test_a_damaged_list_of_runs_counts_as_none(tiny, rows):
    keep_run(tiny, PARTS, vocabulary_size=24)
    [path] = folder().glob("*.json")
    path.write_text(json.dumps({"runs": rows}))
    assert recorded_runs(tiny, vocabulary_size=24) == ()
    keep_run(tiny, PARTS, vocabulary_size=24)
    assert recorded_runs(tiny, vocabulary_size=24) == (PARTS,)


def test_without_a_folder_a_run_leaves_nothing_and_ends_well(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    keep_run(tiny, PARTS, vocabulary_size=24)
    assert recorded_runs(tiny, vocabulary_size=24) == ()
