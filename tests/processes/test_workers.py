"""Real workers, ended in every way there is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora import add_text
from minigpt.errors import RunError
from minigpt.jobs.actions import stop
from minigpt.jobs.fork_server import NONE, SERVER, VARIABLE, can_be_opened
from minigpt.jobs.processes import launch
from minigpt.jobs.submission import checked_config
from minigpt.runs.config import RunConfig
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import PROJECT_FOLDER, status_of
from minigpt.runs.trained_model import open_model

CHATTER = "import sys; sys.stdout.write(('x' * 1023 + chr(10)) * 1024); sys.stdout.flush()\n"
posix_only = pytest.mark.skipif(
    os.name != "posix", reason="only POSIX lets a process answer a signal from another"
)


def test_a_killed_worker_reads_as_killed_and_keeps_what_it_saved(
    workplace, until, training, ended, kill
):
    run = workplace.start()
    until(lambda: training(run))

    # While it lives, nobody else can train or delete the same run.
    second = subprocess.run(
        [sys.executable, "-m", "minigpt.jobs.worker.process", str(run.path)],
        cwd=PROJECT_FOLDER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "Another worker is training this run already" in second.stderr
    with pytest.raises(RunError, match="Stop it first"):
        workplace.store.delete(run.id)
    assert training(run)

    kill(run)
    until(lambda: not run.is_alive())
    assert status_of(run) is Status.KILLED
    assert ended(run) is Status.KILLED
    reason = reason_of(run, Status.KILLED)
    assert "What it had saved up to step" in reason
    assert os.name != "posix" or "SIGKILL" in reason
    # Nothing was judged after the start, so it is the last that was saved, however far it came.
    assert open_model(run).checkpoint.step == list_checkpoints(run.weights)[-1].step


@pytest.mark.skipif(not can_be_opened(), reason="nothing is forked here")
def test_workers_are_forked_where_there_is_a_server(workplace, until, training):
    run = workplace.start()
    until(lambda: training(run))
    command = Path(f"/proc/{run.read('state')['pid']}/cmdline").read_text()
    assert command.split("\0")[1:4] == ["-P", "-m", SERVER]


def test_a_forked_worker_does_as_one_that_was_started_from_nothing(
    workplace, until, ended, monkeypatch
):
    forked = workplace.start(training__steps=12)
    assert ended(forked) is Status.FINISHED
    monkeypatch.setenv(VARIABLE, NONE)
    from_nothing = workplace.start(training__steps=12)
    assert ended(from_nothing) is Status.FINISHED

    def losses(run):
        return [(row.step, row.train_loss, row.validation_loss) for row in run.metric_rows()]

    assert losses(forked) == losses(from_nothing)
    weights = [open_model(run).model.state_dict() for run in (forked, from_nothing)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_a_stop_request_ends_after_the_step_with_a_checkpoint(workplace, until, training, ended):
    run = workplace.start()
    until(lambda: training(run))
    stop(run)
    assert ended(run) is Status.STOPPED
    last = run.read("exit")["step"]
    assert 0 < last < 1_000_000
    assert open_model(run, step=last).checkpoint.step == last
    assert run.read("launch")["exit_code"] == 0
    assert not run.reserve.exists()


@posix_only
def test_sigterm_ends_after_the_step_with_a_checkpoint(workplace, until, training, ended):
    run = workplace.start()
    until(lambda: training(run))
    os.kill(run.read("state")["pid"], signal.SIGTERM)
    assert ended(run) is Status.STOPPED
    last = run.read("exit")["step"]
    assert open_model(run, step=last).checkpoint.step == last


def test_a_learning_rate_out_of_all_reason_fails_and_keeps_an_earlier_checkpoint(workplace, ended):
    run = workplace.start(training__learning_rate=1e6, training__warmup_steps=0)
    assert ended(run) is Status.FAILED
    assert "The loss stopped being a number at step" in reason_of(run, Status.FAILED)
    assert "learning rate" in reason_of(run, Status.FAILED)
    saved = [checkpoint.step for checkpoint in list_checkpoints(run.weights)]
    assert [open_model(run, step=step).checkpoint.step for step in saved] == saved
    assert saved[0] == 0
    assert saved[-1] <= run.read("state")["step"]


def test_a_worker_that_prints_a_megabyte_is_not_held_up(workplace, ended, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", workplace.hook(CHATTER))
    run = workplace.start(training__steps=4)
    assert ended(run) is Status.FINISHED
    assert run.log.stat().st_size > 2**20


def test_two_launched_at_once_both_finish(workplace, ended):
    runs = [workplace.start(training__steps=4, seed=seed) for seed in (1, 2)]
    assert all(status_of(run).is_live for run in runs)
    assert [ended(run) for run in runs] == [Status.FINISHED, Status.FINISHED]
    assert len({run.id for run in runs}) == 2


def test_stopping_a_finished_run_is_harmless(workplace, ended):
    run = workplace.start(training__steps=4)
    assert ended(run) is Status.FINISHED
    before = run.read("exit")
    stop(run)
    assert status_of(run) is Status.FINISHED
    assert (run.read("exit"), run.read("control")) == (before, {})


def test_a_text_that_changed_after_the_run_was_made_fails_it(workplace, ended):
    name = add_text("Mine", "the cat sat on the mat\n" * 20).name
    config = checked_config(RunConfig().changed({"corpus.name": name, "model.context_length": 8}))
    run = workplace.store.create(config, name="changed")
    [file] = (workplace.folder / "data").rglob(f"{name}.txt")
    file.write_text("the dog sat on the log\n" * 20, encoding="utf-8")
    launch(run)
    assert ended(run) is Status.FAILED
    assert "was changed on the disk after it was added" in reason_of(run, Status.FAILED)
    assert list_checkpoints(run.weights) == []
