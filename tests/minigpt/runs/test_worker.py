import errno
import logging
import signal
import sys
import threading
import time

import pytest

from minigpt.errors import TrainingError
from minigpt.runs import worker
from minigpt.runs.opening import open_model
from minigpt.runs.status import Status
from minigpt.runs.store import status_of
from minigpt.runs.worker import StopRequests, main, reason_for


@pytest.fixture(autouse=True)
def _in_process(in_process):
    """A worker inside the test must leave its signals and its niceness alone."""


@pytest.fixture
def session(monkeypatch):
    """Replaces the training; torch stays out of it."""

    def replace(train_run):
        monkeypatch.setattr("minigpt.runs.session.train_run", train_run)

    return replace


def work(run):
    return main([str(run.path)])


def test_a_worker_trains_its_run_to_the_end(run):
    assert work(run) == 0
    assert status_of(run) is Status.FINISHED
    assert run.read("exit")["at"] == pytest.approx(time.time(), abs=60)
    assert open_model(run).checkpoint.step in range(13)


def test_the_lock_is_held_and_the_first_sign_of_life_given_before_training(run, session):
    seen = []

    def look(seen_run, _):
        seen.append((status_of(seen_run), seen_run.read("state")["phase"]))
        return {"outcome": "finished"}

    session(look)
    assert work(run) == 0
    assert seen == [(Status.STARTING, "preparing")]
    assert not run.is_alive()


def test_a_stop_asked_for_before_the_start_ends_after_the_first_step(run):
    run.request(stop=True)
    assert work(run) == 0
    assert status_of(run) is Status.STOPPED
    assert open_model(run).checkpoint.step == 0


def test_an_expected_failure_is_told_in_its_own_words(run, session, caplog):
    def fail(*_):
        raise TrainingError("The loss stopped being a number.")

    session(fail)
    with caplog.at_level(logging.INFO):
        assert work(run) == 1
    assert status_of(run) is Status.FAILED
    assert run.read("exit")["reason"] == "The loss stopped being a number."
    assert "Traceback" not in caplog.text


def test_an_unexpected_failure_is_told_and_its_traceback_logged(run, session, caplog):
    def fail(*_):
        raise KeyError("what")

    session(fail)
    assert work(run) == 1
    assert run.read("exit")["reason"] == "Unexpected KeyError: 'what'"
    assert "Traceback" in caplog.text


def test_a_library_that_cannot_be_imported_is_a_failure_with_a_reason(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "minigpt.runs.session", None)
    assert work(run) == 1
    assert status_of(run) is Status.FAILED
    assert "Unexpected ModuleNotFoundError" in run.read("exit")["reason"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (MemoryError(), "ran out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried"), "out of memory"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "Halve the batch size"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (RuntimeError("mat1 and mat2"), "Unexpected RuntimeError: mat1 and mat2"),
    ],
)
def test_failures_are_put_into_words(error, words):
    assert words in reason_for(error)


def test_a_second_worker_on_the_same_run_refuses(run, monkeypatch, caplog):
    monkeypatch.setattr(worker, "LOCK_WAIT_SECONDS", 0.05)
    with run.lock():
        assert work(run) == 1
    assert "Another worker is training this run already" in caplog.text
    assert run.read("state") == run.read("exit") == {}


@pytest.mark.parametrize("name", ["exit", "state"])
def test_a_run_that_was_trained_before_is_left_as_it_is(run, caplog, name):
    run.write(name, {"outcome": "finished"})
    assert work(run) == 1
    assert "has trained this run before" in caplog.text
    assert run.read(name) == {"outcome": "finished"}
    assert not run.metrics.exists()


def test_a_worker_waits_for_somebody_who_is_just_asking(run, session):
    session(lambda *_: {"outcome": "finished"})
    with run.lock():
        asking = threading.Thread(target=work, args=(run,))
        asking.start()
        time.sleep(0.2)
    asking.join()
    assert status_of(run) is Status.FINISHED


@pytest.mark.parametrize("arguments", [[], ["a", "b"]])
def test_a_worker_without_a_directory_says_what_it_needs(arguments, caplog):
    assert main(arguments) == 2
    assert "Give the directory of a run" in caplog.text


def test_a_worker_of_a_deleted_run_makes_nothing(tmp_path):
    assert main([str(tmp_path / "gone")]) == 2
    assert list(tmp_path.iterdir()) == []


def test_an_end_that_cannot_be_written_is_no_success(run, session, monkeypatch):
    def train(seen_run, _):
        monkeypatch.setattr(type(seen_run), "write", full)
        return {"outcome": "finished"}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    session(train)
    with pytest.raises(OSError, match="No space left"):
        work(run)
    assert status_of(run) is Status.KILLED


def test_stop_requests_are_looked_for_now_and_then(run, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    stop = StopRequests(run)
    assert not stop.pending()
    run.request(stop=True)
    assert not stop.pending()
    now[0] += worker.CONTROL_INTERVAL_SECONDS
    assert stop.pending()


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_signals_are_stop_requests(run, monkeypatch, name):
    handlers = {}
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    stop = StopRequests(run)
    assert not stop.pending()
    handlers[name](name, None)
    assert stop.pending()


def test_a_damaged_control_file_asks_for_nothing(run):
    (run.path / "control.json").write_text("[", encoding="utf-8")
    assert not StopRequests(run).pending()
