"""Training as a notebook does it: wait, report, return, or say why not."""

import time

import pytest

from minigpt import train
from minigpt.errors import CorpusError, RunError
from minigpt.jobs.worker import process
from minigpt.runs.records import Exit
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from minigpt.runs.tail import outcome
from tests.launching import FakeLauncher, install


@pytest.fixture
def worker(monkeypatch, in_process):
    """A real worker, in the process of the test."""
    return install(monkeypatch, FakeLauncher(lambda run: process.main([str(run.path)])))


def only_run():
    [run] = RunStore.default().all()
    return run


def test_it_returns_the_run_when_it_has_ended(worker, tiny):
    told = []
    run = train(tiny, report=told.append)
    assert (outcome(run)["status"], outcome(run)["steps"]) == ("finished", 12)
    assert [line.split()[:2] for line in told] == [["step", str(step)] for step in (0, 4, 8, 12)]
    assert run.meta().name == "sentences"  # called after its text


def test_where_epochs_end_it_each_line_says_which_it_is(worker, tiny):
    told = []
    large = {"training.batch_size": 64, "training.evaluation_interval": 50}
    asked = {"training.epochs": 2, "training.steps": 10_000, **large}
    run = train(tiny.changed(asked), report=told.append)
    epochs = [line.split()[2:4] for line in told]
    assert epochs[0] == ["epoch", "0.00"]
    tokens, text = list(run.metric_rows())[-1].tokens, run.state().training_tokens
    assert epochs[-1] == ["epoch", f"{tokens / text:.2f}"]
    assert tokens / text == pytest.approx(2, abs=0.1)


def test_a_run_that_fails_is_an_error_with_its_reason(worker, tiny):
    too_fast = {"training.learning_rate": 1e7, "training.warmup_steps": 0, "training.steps": 50}
    with pytest.raises(RunError, match="The loss stopped being a number") as failed:
        train(tiny.changed(too_fast))
    assert failed.value.message.startswith(f"{only_run().id} failed. ")


def test_a_run_whose_worker_is_killed_is_an_error(monkeypatch, tiny):
    def die(run):
        run.write("launch", {"at": time.time() - 60, "exit_code": -9})

    install(monkeypatch, FakeLauncher(die))
    with pytest.raises(RunError) as failed:
        train(tiny)
    assert status_of(only_run()) in (Status.KILLED, Status.FAILED)
    assert failed.value.message.startswith(f"{only_run().id} {status_of(only_run())}. ")


def test_a_run_that_somebody_stopped_is_none(monkeypatch, tiny):
    install(monkeypatch, FakeLauncher(lambda run: run.write("exit", stopped())))
    assert status_of(train(tiny)) is Status.STOPPED


def test_an_interruption_asks_the_run_to_stop_and_goes_on_to_who_called(monkeypatch, tiny):
    locks = []

    def begin(run):
        locks.append(run.lock())
        locks[0].acquire()
        run.write("state", {"phase": "training", "heartbeat": time.time()})
        run.append("metrics", {"step": 0, "train_loss": 4.0, "validation_loss": 4.0})

    def interrupt(_):
        raise KeyboardInterrupt

    install(monkeypatch, FakeLauncher(begin))
    with pytest.raises(KeyboardInterrupt):
        train(tiny, report=interrupt)
    assert only_run().control().stop is True
    locks[0].release()


def test_an_interruption_while_it_waits_takes_it_out_of_the_queue(monkeypatch, worker, tiny):
    def interrupt(words):
        assert words == "Waiting: number 1 in the queue."
        raise KeyboardInterrupt

    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    store = RunStore.default()
    busy = store.create(tiny, name="busy")
    with busy.lock(), pytest.raises(KeyboardInterrupt):
        train(tiny, report=interrupt)
    [waited] = [run for run in store.all() if run.id != busy.id]
    assert status_of(waited) is Status.STOPPED
    assert worker.runs == []


def test_what_cannot_start_leaves_no_run(worker, tiny):
    with pytest.raises(CorpusError, match="There is no text called 'gone'"):
        train(tiny.changed({"corpus.name": "gone"}))
    assert RunStore.default().all() == []


def stopped():
    return Exit(outcome="stopped", at=time.time()).to_json()
