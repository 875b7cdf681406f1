"""Memory that really runs out, while a worker trains: who ends, what is said, and what is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minigpt.checkpoints.manifest import list_states
from minigpt.jobs.actions import pause, resume
from minigpt.jobs.submission import submit_run
from minigpt.runs.status import Status, reason_of

GROUPS = Path("/sys/fs/cgroup/memory")
MEGABYTE = 2**20
ROOM = 700 * MEGABYTE
"""A worker takes about half of it."""
GREEDY = f"""
import sys, time
pieces = []
for _ in range({ROOM // MEGABYTE} - 100):
    pieces.append(b"x" * {MEGABYTE})
print("enough", flush=True)
time.sleep(60)
"""
JOIN = "import os; open({procs!r}, 'w').write(str(os.getpid()))\n"
ADDRESSES = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2_300_000_000,) * 2)\n"


@pytest.fixture
def group(until):
    """A group of processes that share little memory, as a container does; needs Linux and root."""
    folder = GROUPS / f"minigpt-test-{os.getpid()}"
    try:
        folder.mkdir()
        (folder / "memory.limit_in_bytes").write_text(str(ROOM))
    except OSError as error:
        pytest.skip(f"no group of processes can be made here: {error.strerror}")
    yield folder
    until(lambda: not (folder / "cgroup.procs").read_text())  # the last worker was just ended
    folder.rmdir()


@pytest.mark.timeout(180)
def test_where_memory_runs_out_the_worker_ends_first_and_goes_on_from_what_it_saved(
    group, workplace, until, training, ended, monkeypatch
):
    monkeypatch.setenv("PYTHONPATH", workplace.hook(JOIN.format(procs=str(group / "cgroup.procs"))))
    run = submit_run(workplace.store, workplace.config(), name="killed", exceed_memory=True)
    until(lambda: training(run))
    pause(run)
    assert ended(run) is Status.PAUSED
    saved = list_states(run.weights)[-1].step
    resume(workplace.store, run, exceed_memory=True)
    until(lambda: training(run) and run.state().step > saved)

    # As the app would that needs more and more of what both have: it asks, and the worker goes.
    with subprocess.Popen(
        [sys.executable, "-c", GREEDY], stdout=subprocess.PIPE, text=True
    ) as greedy:
        try:
            assert greedy.stdout.readline() == "enough\n"
            until(lambda: not run.is_alive())
            assert greedy.poll() is None
        finally:
            greedy.kill()
    assert ended(run) is Status.KILLED
    assert "ran out of memory" in reason_of(run, Status.KILLED)

    resume(workplace.store, run, exceed_memory=True)
    until(lambda: training(run))
    assert run.state().step >= saved
    assert any(row.step <= saved for row in run.metric_rows())  # nothing begins anew


@pytest.mark.skipif(sys.platform != "linux", reason="address space is limited by Linux only")
@pytest.mark.timeout(180)
def test_a_run_too_large_for_its_address_space_fails_and_says_why(workplace, ended, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", workplace.hook(ADDRESSES))
    large = workplace.config(model__width=4096, model__num_heads=2, model__num_layers=4)
    run = submit_run(workplace.store, large, name="too large", exceed_memory=True)
    assert ended(run) is Status.FAILED
    assert "ran out of memory" in reason_of(run, Status.FAILED)
