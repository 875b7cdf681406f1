"""Runs that were interrupted in every way there is, and go on."""

import os
import shutil
import signal
import subprocess
import sys

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.jobs.actions import pause, resume, sample_now, save_now
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import RunStore, status_of
from minigpt.runs.trained_model import open_model

STEPS = 300
KILLABLE = {"training__steps": STEPS, "training__evaluation_interval": 20}
posix_only = pytest.mark.skipif(
    os.name != "posix", reason="only POSIX lets a process answer a signal from another"
)

# A worker that takes a second longer over each file of weights, and says when it begins one.
SLOW_SAVES = """
import os, sys, time
from pathlib import Path
real, marker = os.fsync, Path(__file__).with_name("saving")
def fsync(file):
    if "step-" in os.readlink(f"/proc/self/fd/{file}"):
        marker.touch()
        time.sleep(1)
    real(file)
os.fsync = fsync
"""
# A worker for which there is no room for weights from the second checkpoint on.
NO_ROOM = """
import errno, os
real, saved = os.fsync, []
def fsync(file):
    name = os.readlink(f"/proc/self/fd/{file}")
    if "step-" in name:
        saved.append(name)
        if len(saved) > 1 and not os.path.exists(os.path.join(os.path.dirname(__file__), "room")):
            raise OSError(errno.ENOSPC, "No space left on device")
    real(file)
os.fsync = fsync
"""
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the hook looks into /proc")


def test_a_paused_run_goes_on_to_its_end(workplace, until, training, ended):
    run = workplace.start(**KILLABLE, logging__sample_tokens=200)
    until(lambda: training(run))
    pause(run)
    assert ended(run) is Status.PAUSED
    reached = run.read("exit")["step"]
    assert 0 < reached < STEPS
    assert reason_of(run, Status.PAUSED) is None

    resume(workplace.store, run)
    assert status_of(run).has_worker
    assert ended(run) is Status.FINISHED
    assert run.read("exit")["step"] == STEPS


def test_a_killed_run_goes_on_to_its_end(workplace, until, training, ended, kill):
    run = workplace.start(**KILLABLE, logging__sample_tokens=200)
    until(lambda: training(run))
    kill(run)
    assert ended(run) is Status.KILLED
    # Cut off in the middle of a line, as when the power fails.
    with run.metrics.open("ab") as file:
        file.write(b'{"step": 99999, "train_l')
    resume(workplace.store, run)
    assert ended(run) is Status.FINISHED
    steps = [row["step"] for row in run.lines("metrics")]
    assert steps[-1] == STEPS
    assert steps == sorted(set(steps))


def test_a_stopped_run_goes_on_and_can_be_stopped_again(workplace, until, training, ended):
    run = workplace.start()
    for _ in range(2):
        until(lambda: training(run))
        run.request(stop=True)
        assert ended(run) is Status.STOPPED
        resume(workplace.store, run)
    until(lambda: training(run))
    assert workplace.minigpt("stop", run.id)[0] == 0
    assert ended(run) is Status.STOPPED


def test_wishes_are_granted_while_it_trains(workplace, until, training):
    run = workplace.start()
    until(lambda: training(run))
    samples, saved = len(run.lines("samples")), len(list_checkpoints(run.weights))
    sample_now(run)
    save_now(run)
    until(lambda: len(run.lines("samples")) == samples + 1)
    until(lambda: len(list_checkpoints(run.weights)) == saved + 1)
    assert training(run)


@linux_only
def test_sigterm_during_a_save_lets_it_finish(workplace, ended, until, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", workplace.hook(SLOW_SAVES))
    run = workplace.start()
    until((workplace.folder / "hook" / "saving").exists)
    os.kill(run.read("process")["pid"], signal.SIGTERM)
    assert ended(run) is Status.STOPPED
    saved = list_checkpoints(run.weights)
    assert saved
    assert [open_model(run, step=one.step).checkpoint for one in saved] == saved
    assert not [path for path in run.weights.iterdir() if path.name.startswith(".")]


@linux_only
def test_a_disk_without_room_for_weights_pauses_the_run(workplace, ended, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", workplace.hook(NO_ROOM))
    run = workplace.start(**KILLABLE)
    assert ended(run) is Status.PAUSED
    assert "no room left on the disk" in reason_of(run, Status.PAUSED)
    assert [open_model(run, step=one.step).checkpoint.step for one in list_checkpoints(run.weights)]
    (workplace.folder / "hook" / "room").touch()
    resume(workplace.store, run)
    assert ended(run) is Status.FINISHED


@pytest.fixture
def small_disk(workplace):
    """A disk of 40 MB for the runs, where the system lets us have one."""
    folder = workplace.folder / "checkpoints"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=40m", "minigpt-test", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("only the administrator of a Linux machine may make a small disk")
    yield folder
    workplace.leave()
    # At once out of sight: a process that was ended may still hold a file for a moment, and what
    # stayed mounted would be in the way of all tests that clear up.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full_pauses_the_run(workplace, small_disk, until, training):
    run = workplace.start(training__evaluation_interval=5)
    until(lambda: training(run))
    ballast = small_disk / "ballast"
    fill(ballast)
    # The launcher may find no room to note that it saw the end.
    until(lambda: not status_of(run).is_live)
    assert status_of(run) is Status.PAUSED
    assert "Delete runs or other files" in reason_of(run, Status.PAUSED)
    saved = list_checkpoints(run.weights)
    assert open_model(run, step=saved[0].step).checkpoint.step == 0
    ballast.unlink()
    resume(RunStore(small_disk), run)
    until(lambda: training(run))


def fill(path):
    """Take all the room there is on a disk."""
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        file.writelines(b"x" * 2**12 for _ in range(2**20))
