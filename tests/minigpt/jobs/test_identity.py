import os
import subprocess
import sys
import time

import pytest

from minigpt.jobs import processes
from minigpt.jobs.processes import live_worker_pid, of_this_process, started


@pytest.fixture
def stranger():
    """A process that has nothing to do with any run."""
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(command) as process:
        yield process
        process.kill()


def test_a_process_keeps_its_start_time(stranger):
    first = started(stranger.pid)
    assert first
    assert started(stranger.pid) == first
    assert started(os.getpid()) == of_this_process().started


def test_processes_of_other_times_have_other_start_times(stranger):
    time.sleep(0.05)
    assert started(stranger.pid) != started(os.getpid())


def test_a_process_that_is_gone_has_none(stranger):
    stranger.kill()
    stranger.wait()
    assert started(stranger.pid) is None


def test_a_program_name_cannot_fool_the_reader(monkeypatch, tmp_path):
    # The name of a program may look like the fields that follow it.
    stat = b"7 (x) S 1 (y)) S " + b" ".join(b"%d" % number for number in range(4, 53))
    monkeypatch.setattr(processes.Path, "read_text", lambda *_, **__: stat.decode())
    assert processes._from_proc(7) == "22"


@pytest.mark.parametrize("content", ["", "7 (x) S 1 2", ")"])
def test_a_damaged_answer_is_none(monkeypatch, content):
    monkeypatch.setattr(processes.Path, "read_text", lambda *_, **__: content)
    assert processes._from_proc(7) is None


@pytest.mark.skipif(os.name != "posix", reason="ps is a program of POSIX")
def test_where_there_is_no_proc_others_are_asked(stranger, monkeypatch):
    monkeypatch.setattr(processes.sys, "platform", "darwin")
    assert started(stranger.pid) == started(stranger.pid) is not None
    told = processes._from_ps(stranger.pid)
    assert told is None or "20" in told  # a date; or there is no ps here
    stranger.kill()
    stranger.wait()
    assert started(stranger.pid) is None


def test_without_any_way_to_tell_nobody_is_recognised(run, monkeypatch):
    monkeypatch.setattr(processes, "started", lambda _: None)
    run.write("process", of_this_process().to_json())
    with run.lock():
        assert live_worker_pid(run) is None


def test_a_worker_is_recognised_while_it_holds_its_lock(run):
    run.write("process", of_this_process().to_json())
    with run.lock():
        assert live_worker_pid(run) == os.getpid()
    assert live_worker_pid(run) is None


def test_a_number_that_was_used_again_is_not_taken_for_the_worker(run, stranger):
    run.write("process", {"pid": stranger.pid, "started": started(os.getpid())})
    with run.lock():
        assert live_worker_pid(run) is None


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"pid": 1},
        {"pid": 0, "started": "1"},
        {"pid": -1, "started": "1"},
        {"pid": "x", "started": "1"},
        {"pid": 2**40, "started": "1"},
        {"pid": os.getpid(), "started": ""},
        {"pid": os.getpid(), "started": None},
        {"pid": os.getpid(), "started": 5},
    ],
)
def test_damaged_notes_identify_nobody(run, written):
    run.write("process", written)
    with run.lock():
        assert live_worker_pid(run) is None
