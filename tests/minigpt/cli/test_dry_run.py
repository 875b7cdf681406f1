import json

import pytest

from minigpt.cli.dry_run import as_json, as_lines
from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.jobs.estimate.estimate import Estimate
from minigpt.runs.store import RunStore
from tests.launching import time_nothing

SETTINGS = ["--corpus", "sentences", "--set", "model.context_length=8", "--set", "model.width=16"]
KEYS = {
    "parameters",
    "steps",
    "tokens",
    "memory_bytes",
    "flops",
    "seconds",
    "seconds_at_least",
    "seconds_at_most",
    "basis",
    "warnings",
    "notes",
}
ESTIMATE = Estimate(
    parameters=1234,
    steps=10,
    tokens=5000,
    memory_bytes=400_000_000,
    total_flops=10**10,
    seconds=90.0,
    fastest_seconds=76.0,
    slowest_seconds=131.0,
    basis="measured",
    warnings=("Mind this.",),
    notes=("Know this.",),
)


@pytest.fixture(autouse=True)
def quick(tmp_path, monkeypatch):
    """Nothing is timed here; `tests/minigpt/runs` does that."""
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "data"))
    time_nothing(monkeypatch)


def test_a_dry_run_answers_with_one_line_of_json_and_starts_nothing(capsys):
    assert main(["train", *SETTINGS, "--dry-run", "--json"]) == DONE
    (line,) = capsys.readouterr().out.splitlines()
    answer = json.loads(line)
    assert set(answer) == KEYS
    assert answer["basis"] == "rough"
    assert answer["parameters"] > 0
    assert RunStore.default().all() == []


def test_for_people_it_says_the_same_in_lines(capsys):
    assert main(["train", *SETTINGS, "--dry-run"]) == DONE
    said = capsys.readouterr().out
    assert "parameters" in said
    assert "rough" in said


def test_what_could_not_start_is_refused_alike(capsys):
    arguments = ["train", "--corpus", "sentences", "--set", "model.context_length=8000"]
    assert main([*arguments, "--dry-run"]) == BAD_ARGUMENTS
    assert "context of 8,000" in capsys.readouterr().err


def test_a_fork_can_be_tried_dry_only_of_a_run_that_is_there(capsys):
    assert main(["fork", "gone", "--step", "3", "--dry-run"]) == BAD_ARGUMENTS
    assert "no run called" in capsys.readouterr().err


def test_every_number_of_an_estimate_is_said():
    lines = as_lines(ESTIMATE)
    assert "time        1 to 2.5 min" in lines
    assert "memory      400 MB" in lines
    assert lines[-2:] == ["warning     Mind this.", "note        Know this."]
    assert as_json(ESTIMATE)["flops"] == 10**10


def test_a_time_that_nobody_knows_is_not_made_up():
    unknown = Estimate(
        parameters=1,
        steps=1,
        tokens=1,
        memory_bytes=1,
        total_flops=1,
        seconds=None,
        basis="rough",
    )
    assert "time        not known" in as_lines(unknown)
    assert as_json(unknown)["seconds"] is None
