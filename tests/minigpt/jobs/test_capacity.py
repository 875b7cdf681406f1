import os

import pytest

from minigpt.errors import ConfigurationError
from minigpt.jobs import machine
from minigpt.jobs.machine import adopt_max_running, max_running, threads_for
from minigpt.runs.records import Settings


@pytest.fixture(autouse=True)
def _twelve_cores(monkeypatch):
    monkeypatch.setattr(machine, "cores", lambda: 12)
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "")


@pytest.mark.parametrize(("number", "expected"), [(1, 1), (2, 1), (3, 1), (12, 6)])
def test_half_the_cores_train_unless_somebody_says_otherwise(monkeypatch, number, expected):
    monkeypatch.setattr(machine, "cores", lambda: number)
    assert max_running() == expected


def test_the_environment_says_how_many(monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", " 3 ")
    assert max_running() == 3


@pytest.mark.parametrize("given", ["0", "-1", "many", "1.5", "1001", "9" * 30, "٣"])
def test_a_number_that_cannot_work_is_refused(monkeypatch, given):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", given)
    with pytest.raises(ConfigurationError, match="MINIGPT_MAX_RUNNING is"):
        max_running()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-running", "3"],
        ["--max-running=3"],
        ["-x", "--other", "5", "--max-running", "3", "tests"],
        ["--max-running", "2", "--max-running=3"],
    ],
)
def test_arguments_say_how_many(arguments):
    adopt_max_running(arguments)
    assert max_running() == 3
    assert os.environ["MINIGPT_MAX_RUNNING"] == "3"


@pytest.mark.parametrize("arguments", [[], ["3"], ["--max", "3"], ["max-running", "3"]])
def test_other_arguments_change_nothing(arguments):
    adopt_max_running(arguments)
    assert max_running() == 6


@pytest.mark.parametrize("arguments", [["--max-running"], ["--max-running=x"], ["--max-running="]])
def test_arguments_that_cannot_work_are_refused(arguments):
    with pytest.raises(ConfigurationError, match="--max-running is"):
        adopt_max_running(arguments)
    assert max_running() == 6


@pytest.mark.parametrize(("slots", "threads"), [(1, 12), (5, 2), (12, 1), (50, 1)])
def test_the_cores_are_shared_out(monkeypatch, slots, threads):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", str(slots))
    assert threads_for(Settings()) == threads


@pytest.mark.parametrize(
    ("compute", "threads"),
    [({"threads": 5}, 5), ({"threads": 0}, 2), ({"threads": "x"}, 2), ({}, 2), (None, 2), ([], 2)],
)
def test_a_run_may_ask_for_a_number_of_threads(compute, threads):
    assert threads_for(Settings.from_json({"compute": compute})) == threads


def test_this_machine_has_cores(monkeypatch):
    monkeypatch.undo()
    assert 1 <= machine.cores() <= (os.cpu_count() or 1)
