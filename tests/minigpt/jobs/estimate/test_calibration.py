import json

import pytest

from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.calibration import (
    NOTHING,
    folder,
    keep,
    recorded,
    recorded_machine,
    result_from,
)
from tests.minigpt.jobs.estimate.measured import ANSWER, PARTS


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
