"""Workers that do not answer are ended, and nobody else is."""

import os
import signal
import subprocess
import sys
import time

import pytest

from minigpt.jobs.actions import resume
from minigpt.jobs.processes import start_time_of
from minigpt.jobs.termination import Delays, escalate, terminate_due, watch
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import status_of

SOON = Delays(terminate=0.3, kill=0.6)
AT_ONCE = Delays(terminate=0.0, kill=0.0)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="these are signals of POSIX")


@pytest.fixture
def frozen(workplace, until, training):
    """A run whose worker answers neither requests nor SIGTERM."""
    run = workplace.start()
    until(lambda: training(run))
    os.kill(run.read("process")["pid"], signal.SIGSTOP)
    return run


def test_a_worker_that_answers_nothing_is_ended(workplace, frozen, ended, until, training):
    frozen.request(stop=True, stop_at=time.time())
    watch(frozen, SOON).join(60)
    assert ended(frozen) is Status.KILLED
    assert "did not answer the request to stop" in reason_of(frozen, Status.KILLED)
    sent = frozen.read("signals")
    assert sent["stop_at"] <= sent["terminated_at"] - SOON.terminate
    assert sent["terminated_at"] <= sent["killed_at"] - SOON.kill

    resume(workplace.store, frozen)
    until(lambda: training(frozen))


def test_whoever_looks_ends_it(workplace, frozen, until):
    frozen.request(stop=True, stop_at=time.time())

    def look():
        terminate_due(workplace.store, SOON)
        return not frozen.is_alive()

    until(look)
    assert status_of(frozen) is Status.KILLED


def test_a_worker_that_obeys_is_sent_nothing_deadly(workplace, until, training, ended):
    run = workplace.start()
    until(lambda: training(run))
    run.request(stop=True, stop_at=time.time())
    watch(run, Delays(terminate=0.0, kill=60.0))
    assert ended(run) is Status.STOPPED
    assert "killed_at" not in run.read("signals")


@pytest.fixture
def stranger():
    """A process that has nothing to do with any run."""
    command = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        process.stdout.readline()
        yield process
        process.kill()


@pytest.mark.parametrize(("held", "is_same_start"), [(True, False), (False, True), (False, False)])
def test_a_process_that_took_over_a_number_is_never_signalled(
    workplace, stranger, held, is_same_start
):
    """Neither one that began at another time, nor any while nobody holds the run's lock."""
    run = workplace.store.create(workplace.config(), name="old")
    began = start_time_of(stranger.pid) if is_same_start else start_time_of(os.getpid())
    for name in ("launch", "state", "process"):
        note = {"at": time.time(), "heartbeat": time.time(), "pid": stranger.pid}
        run.write(name, {**note, "started": began})
    run.request(stop=True, stop_at=time.time())
    lock = run.lock()
    if held:
        lock.acquire()
    for _ in range(4):
        assert escalate(run, AT_ONCE) == held
    time.sleep(0.2)
    assert stranger.poll() is None
    lock.release()
