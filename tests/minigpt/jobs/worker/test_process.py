import errno
import logging
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from minigpt.errors import CorpusError, DiskFullError, TrainingError
from minigpt.jobs import processes, queue
from minigpt.jobs.worker.process import failure_reason, main
from minigpt.runs.records import Exit
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import status_of
from minigpt.runs.trained_model import open_model
from minigpt.sentences import Sentence
from tests.launching import FakeLauncher, install


@pytest.fixture(autouse=True)
def _in_process(in_process):
    """A worker inside the test must leave its signals and its niceness alone."""


@pytest.fixture
def session(monkeypatch):
    """Replaces the training; torch stays out of it."""

    def replace(train_run):
        monkeypatch.setattr("minigpt.jobs.worker.session.train_run", train_run)

    return replace


def work(run):
    return main([str(run.path)])


def test_a_worker_trains_its_run_to_the_end(run):
    assert work(run) == 0
    assert status_of(run) is Status.FINISHED
    assert run.read("exit")["at"] == pytest.approx(time.time(), abs=60)
    assert open_model(run).checkpoint.step in range(13)


def test_on_a_clock_that_was_set_back_the_end_is_still_the_end(run):
    run.write("launch", {"at": time.time() + 3600})
    assert work(run) == 0
    assert status_of(run) is Status.FINISHED


def test_the_lock_is_held_and_the_first_sign_of_life_given_before_training(run, session):
    seen = []

    def look(seen_run, *_):
        seen.append((status_of(seen_run), seen_run.read("state")["phase"]))
        return Exit(outcome="finished")

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
        raise TrainingError("The loss stopped being a number.", field="training.learning_rate")

    session(fail)
    with caplog.at_level(logging.INFO):
        assert work(run) == 1
    assert status_of(run) is Status.FAILED
    assert run.read("exit")["reason"] == "The loss stopped being a number."
    assert run.read("exit")["field"] == "training.learning_rate"
    assert "Traceback" not in caplog.text


def test_a_reason_names_no_folder_and_can_be_translated_later(run, session):
    def fail(*_):
        raise CorpusError("There is no file {path}.", path=run.path / "a.txt")

    session(fail)
    assert work(run) == 1
    reason = run.exit().reason
    assert reason == "There is no file a.txt."
    assert isinstance(reason, Sentence)
    assert (reason.template, reason.values) == ("There is no file {path}.", {"path": "a.txt"})
    assert str(run.path) not in (run.path / "exit.json").read_text()


def test_an_unexpected_failure_is_told_and_its_traceback_logged(run, session, caplog):
    def fail(*_):
        raise KeyError("what")

    session(fail)
    assert work(run) == 1
    assert run.read("exit")["reason"] == "Unexpected KeyError: 'what'"
    assert "Traceback" in caplog.text


def test_a_library_that_cannot_be_imported_is_a_failure_with_a_reason(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "minigpt.jobs.worker.session", None)
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
        (MemoryError(), "into twice as many pieces (gradient accumulation)"),
        (OSError(errno.EACCES, "Permission denied"), "Permission denied"),
        (RuntimeError("mat1 and mat2"), "Unexpected RuntimeError: mat1 and mat2"),
    ],
)
def test_failures_are_put_into_words(error, words):
    assert words in failure_reason(error)


def test_what_a_killed_worker_left_half_written_is_cleared_away(run, session):
    session(lambda *_: Exit(outcome="finished"))
    run.weights.mkdir()
    left = [
        run.path / ".state.json.0123abcd",
        run.path / ".metrics.jsonl.0123abcd",
        run.weights / ".step-00000004.safetensors.0123abcd",
        run.weights / ".latest.json.0123abcd",
    ]
    another_writers = run.path / ".meta.json.0123abcd"
    for path in (*left, another_writers):
        path.touch()
    assert work(run) == 0
    assert not [path for path in left if path.exists()]
    assert another_writers.exists()


def test_a_second_worker_on_the_same_run_refuses(run, caplog):
    with run.lock():
        assert main([str(run.path)], lock_wait=0.05) == 1
    assert "Another worker is training this run already" in caplog.text
    assert run.read("state") == run.read("exit") == {}


def test_a_run_that_ended_early_is_taken_up_again(run, session):
    seen = []

    def train(seen_run, requests, _):
        seen.append((status_of(seen_run), seen_run.read("state")["step"], requests.stop_pending()))
        return Exit(outcome="finished")

    run.request(stop=True)
    run.write("state", {"heartbeat": time.time(), "step": 7})
    run.write("exit", {"outcome": "paused", "at": time.time()})
    queue.enqueue(run)
    run.write("launch", {"at": time.time()})
    session(train)
    assert work(run) == 0
    assert seen == [(Status.STARTING, 7, False)]
    assert status_of(run) is Status.FINISHED
    assert not run.is_queued


@pytest.mark.parametrize("outcome", ["paused", "stopped"])
def test_an_end_that_was_asked_for_is_a_success(run, session, outcome):
    session(lambda *_: Exit(outcome=outcome))
    assert work(run) == 0
    assert status_of(run) == outcome


def test_the_worker_says_which_process_it_is(run, session):
    seen = []

    def train(seen_run, *_):
        seen.append((seen_run.read("process"), processes.live_worker_pid(seen_run)))
        return Exit(outcome="finished")

    session(train)
    assert work(run) == 0
    assert seen == [(processes.of_this_process().to_json(), os.getpid())]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        DiskFullError("The disk is nearly full: 3 MB free."),
        RuntimeError("PytorchStreamWriter failed: No space left on device"),
    ],
)
def test_a_full_disk_pauses_the_run_with_the_reason(run, session, error):
    def fail(*_):
        raise error

    session(fail)
    assert work(run) == 0
    assert status_of(run) is Status.PAUSED
    reason = reason_of(run, Status.PAUSED)
    assert "resume this run" in reason or reason == "The disk is nearly full: 3 MB free."


def test_the_last_words_have_room_on_a_full_disk(run, session, refuse_writes):
    """Nothing can be written for as long as the reserve is there."""

    def fail(*_):
        assert run.reserve.stat().st_size > 0
        raise OSError(errno.ENOSPC, "No space left on device")

    refuse_writes("exit.json", when=lambda _: run.reserve.exists())
    session(fail)
    assert work(run) == 0
    assert status_of(run) is Status.PAUSED
    assert not run.reserve.exists()


def test_last_words_take_no_room_that_others_could_take_first(run, session, monkeypatch):
    """No new file can be made on the full disk; what is there can be written over."""
    real = Path.open

    def open_there(self, mode="r", *arguments, **options):
        if "x" in mode:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *arguments, **options)

    def fail(*_):
        monkeypatch.setattr(Path, "open", open_there)
        raise OSError(errno.ENOSPC, "No space left on device")

    session(fail)
    assert work(run) == 0
    assert status_of(run) is Status.PAUSED
    assert not run.reserve.exists()


def test_last_words_are_tried_again_while_others_fill_the_disk(run, session, refuse_writes):
    failures = [True, True]
    refuse_writes("exit.json", when=lambda _: failures and failures.pop())
    session(lambda *_: Exit(outcome="finished"))
    assert work(run) == 0
    assert status_of(run) is Status.FINISHED


def test_the_last_act_lets_the_next_run_begin(store, run, tiny, session, monkeypatch):
    after = store.create(tiny, name="next", queued=True)
    started = []
    install(monkeypatch, FakeLauncher(lambda due: started.append((due.id, run.is_alive()))))
    session(lambda *_: Exit(outcome="finished"))
    assert work(run) == 0
    assert started == [(after.id, False)]


def test_a_queue_that_cannot_go_on_does_not_spoil_the_end(run, session, monkeypatch, caplog):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "many")
    run_after = run.path.parent / "next"
    run_after.mkdir()
    for name in ("config", "queued"):
        type(run)(run_after).write(name, {"at": 1.0})
    session(lambda *_: Exit(outcome="finished"))
    assert work(run) == 0
    assert status_of(run) is Status.FINISHED
    assert "could not be started" in caplog.text


def test_a_worker_waits_for_somebody_who_is_just_asking(run, session):
    session(lambda *_: Exit(outcome="finished"))
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


def test_an_end_that_cannot_be_written_is_no_success(run, session, refuse_writes):
    def train(*_):
        refuse_writes()
        return Exit(outcome="finished")

    session(train)
    with pytest.raises(OSError, match="No space left"):
        work(run)
    assert status_of(run) is Status.KILLED
