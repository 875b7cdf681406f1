import json
import time

import pytest

from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.calibration import (
    BROKEN,
    BUSY,
    NOTHING,
    calibrate,
    calibrate_in_background,
    folder,
    keep,
    recorded,
    recorded_machine,
    result_from,
)
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS

PATIENCE_SECONDS = 60.0


def test_nothing_is_known_before_it_was_measured(tiny):
    assert recorded(tiny, vocabulary_size=24) == NOTHING
    assert recorded_machine(tiny) == NOTHING


def test_what_was_measured_is_found_again(tiny):
    assert keep(tiny, ANSWER, vocabulary_size=24).calibration == PARTS
    assert recorded(tiny, vocabulary_size=24).calibration == PARTS
    assert recorded_machine(tiny).calibration == PARTS


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
    keep(config, ANSWER, vocabulary_size=24)
    assert recorded(config.changed(change), vocabulary_size=24) == NOTHING


@pytest.mark.parametrize(
    "change", [{"training.steps": 99}, {"training.learning_rate": 1.0}, {"seed": 3}]
)
def test_what_changes_no_step_was_measured_already(tiny, change):
    keep(tiny, ANSWER, vocabulary_size=24)
    assert recorded(tiny.changed(change), vocabulary_size=24).calibration == PARTS


def test_another_vocabulary_and_another_machine_are_measured_anew(tiny, monkeypatch):
    keep(tiny, ANSWER, vocabulary_size=24)
    assert recorded(tiny, vocabulary_size=25) == NOTHING
    monkeypatch.setattr(calibration.machine, "identity", lambda: {"processor": "another"})
    assert recorded(tiny, vocabulary_size=24) == NOTHING
    assert recorded_machine(tiny) == NOTHING


def test_a_measurement_does_not_count_for_ever(tiny, monkeypatch):
    keep(tiny, ANSWER, vocabulary_size=24)
    monkeypatch.setattr(calibration, "GOOD_FOR_SECONDS", 0.0)
    assert recorded(tiny, vocabulary_size=24) == NOTHING


def test_why_it_failed_is_kept_but_says_nothing_of_the_machine(tiny):
    keep(tiny, {"problem": "No memory."}, vocabulary_size=24)
    assert recorded(tiny, vocabulary_size=24).problem == "No memory."
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
    keep(tiny, ANSWER, vocabulary_size=24)
    for path in folder().glob("*.json"):
        path.write_text(path.read_text()[:40])
    assert recorded(tiny, vocabulary_size=24) == NOTHING


def test_the_file_says_what_it_is_about(tiny):
    keep(tiny, ANSWER, vocabulary_size=24)
    about = [json.loads(path.read_text())["about"] for path in folder().glob("*.json")]
    assert all(one["machine"]["cores"] >= 1 and one["threads"] >= 1 for one in about)
    assert {one.get("vocabulary_size") for one in about} == {24, None}


def test_without_a_folder_to_write_to_it_is_measured_every_time(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    assert keep(tiny, ANSWER, vocabulary_size=24).calibration == PARTS
    assert recorded(tiny, vocabulary_size=24) == NOTHING


@pytest.fixture
def counted(monkeypatch):
    """How often a process was started; it answers what a real one would."""
    started = []
    real = calibration.subprocess.run

    def run(command, **options):
        started.append(command)
        return real(command, **options)

    monkeypatch.setattr(calibration.subprocess, "run", run)
    return started


def test_a_configuration_is_measured_once_by_a_process_like_a_worker(tiny, counted):
    first = calibrate(tiny, vocabulary_size=24)
    assert first.calibration is not None
    assert first.calibration.step_seconds > 0
    assert first.calibration.start_seconds > 0
    assert first.problem == ""
    assert calibrate(tiny, vocabulary_size=24) == first
    assert recorded(tiny, vocabulary_size=24) == first
    assert len(counted) == 1


def test_it_gets_the_threads_that_a_worker_would_get(tiny, monkeypatch):
    seen = {}

    def run(command, *, env, **_):
        seen.update(env)
        raise OSError

    monkeypatch.setattr(calibration.subprocess, "run", run)
    calibrate(tiny.changed({"compute.threads": 3}), vocabulary_size=24)
    assert seen["OMP_NUM_THREADS"] == "3"
    assert seen["OMP_WAIT_POLICY"] == "PASSIVE"


@pytest.mark.parametrize("module", ["minigpt.no_such_module", "this", "minigpt.errors"])
def test_a_process_that_breaks_down_leaves_a_reason(tiny, monkeypatch, module):
    monkeypatch.setattr(calibration, "WORKER", module)
    assert calibrate(tiny, vocabulary_size=24).problem == BROKEN
    assert recorded(tiny, vocabulary_size=24).problem == BROKEN


def test_a_process_that_takes_too_long_is_ended(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "LIMIT_SECONDS", 0.05)
    began = time.monotonic()
    assert "longer than" in calibrate(tiny, vocabulary_size=24).problem
    assert time.monotonic() - began < PATIENCE_SECONDS


def test_what_failed_is_tried_again(tiny, monkeypatch, counted):
    monkeypatch.setattr(calibration, "WORKER", "minigpt.no_such_module")
    calibrate(tiny, vocabulary_size=24)
    calibrate(tiny, vocabulary_size=24)
    assert len(counted) == 2


def test_only_one_is_under_way_at_a_time(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "LIMIT_SECONDS", 0.05)
    with calibration._lock():
        assert calibrate(tiny, vocabulary_size=24).problem == BUSY
        assert calibrate_in_background(tiny, vocabulary_size=24)
        assert recorded(tiny, vocabulary_size=24) == NOTHING


def test_in_the_background_nobody_waits_for_it(tiny, monkeypatch):
    monkeypatch.setattr(calibration, "WORKER", "minigpt.no_such_module")
    assert calibrate_in_background(tiny, vocabulary_size=24)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while recorded(tiny, vocabulary_size=24) == NOTHING:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    assert recorded(tiny, vocabulary_size=24).problem == BROKEN
    assert not calibrate_in_background(tiny, vocabulary_size=24)


def test_without_a_data_folder_there_is_a_reason_too(tiny, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "file"))
    assert calibrate(tiny, vocabulary_size=24).problem == BUSY


def test_what_this_computer_cannot_do_is_told_in_its_words(tiny):
    import torch

    if torch.cuda.is_available():
        pytest.skip("needs a computer without a graphics card")
    record = calibrate(tiny.changed({"compute.device": "cuda"}), vocabulary_size=24)
    assert "no cuda device" in record.problem
