"""Runs that answer one question together: found, started once, refused with a reason, stopped."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from minigpt.errors import MiniGPTError
from minigpt.runs.presets.small_ladder import small_ladder
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from tests.launching import start_nothing
from tests.ui.harness import bring_ladder
from ui.screens.learn import trainings
from ui.services.runs import list_runs

CONFIGS = small_ladder("sentences")
NAMES = dict.fromkeys(CONFIGS, "A rung")


@pytest.fixture(autouse=True)
def _all_wait(monkeypatch):
    start_nothing(monkeypatch)


def there():
    return RunStore.default().all()


def test_what_was_trained_earlier_is_used_again():
    bring_ladder("sentences")
    found = trainings.find_runs(CONFIGS)
    assert not found.missing(CONFIGS)
    assert {one.status for one in found.runs.values()} == {Status.FINISHED}
    assert trainings.start_missing(CONFIGS, NAMES, owner="me") == []


def test_another_text_is_another_experiment():
    bring_ladder("sentences")
    assert not trainings.find_runs(small_ladder("python-docs")).runs


def test_pressing_twice_starts_nothing_twice_and_each_is_the_visitor_s():
    assert len(trainings.start_missing(CONFIGS, NAMES, owner="me")) == len(CONFIGS)
    assert trainings.start_missing(CONFIGS, NAMES, owner="me") == []
    assert len(there()) == len(CONFIGS)
    assert {run.meta().owner for run in there()} == {"me"}


def test_a_class_that_presses_at_once_starts_each_run_once():
    together = Barrier(3)

    def press(visitor):
        together.wait()
        return trainings.start_missing(CONFIGS, NAMES, owner=f"visitor {visitor}")

    with ThreadPoolExecutor(3) as visitors:
        started = [run.id for runs in visitors.map(press, range(3)) for run in runs]
    assert len(there()) == len(started) == len(CONFIGS)


def test_what_is_refused_is_said_and_what_was_started_stays(monkeypatch):
    monkeypatch.setenv("MINIGPT_QUEUED_PER_OWNER", "2")
    with pytest.raises(MiniGPTError, match="runs waiting already"):
        trainings.start_missing(CONFIGS, NAMES, owner="me")
    assert len(there()) == 2
    list_runs.clear()
    assert trainings.find_runs(CONFIGS).missing(CONFIGS)


def test_a_server_that_forbids_it_says_so(monkeypatch):
    monkeypatch.setenv("MINIGPT_LARGEST_TRAINING", "1000")
    with pytest.raises(MiniGPTError, match="as large as is allowed here"):
        trainings.start_missing(CONFIGS, NAMES, owner="me")
    assert not there()


def test_all_of_one_visitor_are_stopped_and_can_be_started_again():
    trainings.start_missing(CONFIGS, NAMES, owner="me")
    list_runs.clear()
    assert trainings.stop_runs(trainings.find_runs(CONFIGS), owner="somebody else") == 0
    assert trainings.stop_runs(trainings.find_runs(CONFIGS), owner="me") == len(CONFIGS)
    list_runs.clear()
    found = trainings.find_runs(CONFIGS)
    stopped = [one for some in found.ended_early.values() for one in some]
    assert {one.status for one in stopped} == {Status.STOPPED}
    assert len(stopped) == len(CONFIGS)
    assert len(trainings.start_missing(CONFIGS, NAMES, owner="me")) == len(CONFIGS)


def test_runs_from_elsewhere_prove_nothing():
    bring_ladder("sentences")
    for run in there():
        run.write("meta", {**run.read("meta"), "imported": True})
    assert not trainings.find_runs(CONFIGS).runs
