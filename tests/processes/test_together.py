"""Trainings that real processes share, against the same training in one."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.jobs.actions import stop
from minigpt.jobs.submission import submit_run
from minigpt.runs.presets import PRESETS
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import RunStore, status_of

PATIENCE_SECONDS = 120
SETTINGS = {
    "training.steps": 12,
    "training.batch_size": 8,
    "training.evaluation_interval": 6,
    "training.optimizer": "muon",
    "training.gradient_accumulation": 2,
    "model.context_length": 16,
    "model.width": 16,
    "model.num_layers": 1,
    "model.num_heads": 2,
    "logging.checkpoints": 3,
    "logging.sample_tokens": 5,
}
TRAIN = ["-m", "minigpt", "train", "--preset", "quick", "--corpus", "sentences", "--json"]


def train(command: list[str], folder: Path) -> dict[str, object]:
    """Run a training command to its end; its JSON answer."""
    words = [*command, *TRAIN]
    for path, value in SETTINGS.items():
        words += ["--set", f"{path}={value}"]
    done = subprocess.run(
        words, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        env={**os.environ, "MINIGPT_CHECKPOINTS": str(folder), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def torchrun(processes: int) -> list[str]:
    return [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
        *("--nproc-per-node", str(processes)),
    ]


def test_two_processes_give_the_losses_of_one(tmp_path):
    alone = train([sys.executable], tmp_path / "one")
    shared = train(torchrun(2), tmp_path / "two")
    first, second = (
        RunStore(tmp_path / folder).open(str(answer["run"])).lines("metrics")
        for folder, answer in [("one", alone), ("two", shared)]
    )
    assert [row["step"] for row in first] == [row["step"] for row in second]
    for name in ("train_loss", "validation_loss", "gradient_norm", "tokens"):
        for one, other in zip(first, second, strict=True):
            assert other[name] == pytest.approx(one[name], abs=1e-4), (name, one["step"])
    assert shared["status"] == "finished"


@pytest.fixture
def shared_run(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path))
    config = PRESETS["quick"].config.changed(
        {**SETTINGS, "training.steps": 100_000, "corpus.name": "sentences", "compute.processes": 2}
    )
    store = RunStore.default()
    run = submit_run(store, config, name="together")
    yield run
    stop(run)
    wait_for(run, lambda: not status_of(run).is_live)


def wait_for(run, holds):
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < until, (status_of(run), run.log_tail(20))
        time.sleep(0.1)


def test_a_run_that_asks_for_processes_gets_them_and_they_stop_together(shared_run):
    wait_for(shared_run, lambda: shared_run.read("state").get("step", 0) > 3)
    assert status_of(shared_run) is Status.RUNNING
    assert shared_run.read("state")["processes"] == 2
    launcher = psutil.Process(shared_run.read("launch")["pid"])
    workers = launcher.children(recursive=True)
    assert len(workers) == 2
    stop(shared_run)
    wait_for(shared_run, lambda: not any(worker.is_running() for worker in workers))
    assert status_of(shared_run) is Status.STOPPED
    assert list_checkpoints(shared_run.weights)[-1].step == shared_run.read("exit")["step"]


def test_one_process_that_is_killed_ends_the_run_which_says_so_and_keeps_what_it_had(shared_run):
    wait_for(shared_run, lambda: shared_run.read("state").get("step", 0) > 8)
    first = shared_run.read("process")["pid"]
    others = [
        worker
        for worker in psutil.Process(shared_run.read("launch")["pid"]).children(recursive=True)
        if worker.pid != first
    ]
    os.kill(others[0].pid, signal.SIGKILL)
    wait_for(shared_run, lambda: not status_of(shared_run).is_live)
    status = status_of(shared_run)
    # Which of the two depends on who was faster: the lost connection, or torchrun's signal.
    assert status in {Status.FAILED, Status.KILLED}
    assert "process" in str(reason_of(shared_run, status))
    assert list_checkpoints(shared_run.weights)
