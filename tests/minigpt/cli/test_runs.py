import json
import os
import time

import pytest

from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.cli.output import print_status
from minigpt.jobs import termination
from minigpt.jobs.fairness import QueuePosition
from minigpt.jobs.train import position_in_words, wait_for_turn
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.launching import FakeLauncher, install


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    install(monkeypatch, FakeLauncher())
    monkeypatch.setattr(termination, "watch", lambda _: None)
    return RunStore.default()


@pytest.fixture
def training(store):
    run = store.create(RunConfig(), name="training")
    with run.lock():
        run.write("state", {"heartbeat": time.time(), "phase": "training", "step": 3})
        yield run


@pytest.fixture
def waiting(store):
    return store.create(RunConfig(), name="waiting", queued=True)


@pytest.fixture
def ended(store):
    run = store.create(RunConfig(), name="ended")
    run.write("exit", {"outcome": "finished"})
    return run


def test_stopping_asks_a_live_run(training, capsys):
    assert main(["stop", training.id]) == DONE
    assert training.read("control")["stop"] is True
    assert capsys.readouterr().out == f"{training.id} stops after its current step.\n"


def test_stopping_what_waits_takes_it_out_of_the_queue(waiting, capsys):
    assert main(["stop", waiting.id]) == DONE
    assert status_of(waiting) is Status.STOPPED
    assert capsys.readouterr().out == f"{waiting.id} waits no longer.\n"


def test_stopping_what_has_ended_says_so(ended, capsys):
    assert main(["stop", ended.id]) == DONE
    assert capsys.readouterr().out == f"{ended.id} has already ended: finished.\n"
    assert ended.read("control") == {}


def test_asking_again_carries_out_what_is_due(training, monkeypatch, capsys):
    sent = []
    monkeypatch.setattr(termination, "live_worker_pid", lambda _: 12345)
    monkeypatch.setattr(os, "kill", lambda pid, _: sent.append(pid))
    training.request(stop=True, stop_at=time.time() - 20)
    assert main(["stop", training.id]) == DONE
    assert sent == ([12345] if os.name == "posix" else [])
    assert training.read("signals")["terminated_at"] == pytest.approx(time.time(), abs=60)


def test_pausing_asks(training, capsys):
    assert main(["pause", training.id]) == DONE
    assert training.read("control")["pause"] is True
    assert "pauses after its current step" in capsys.readouterr().out


def test_cancelling_takes_out_of_the_queue(waiting, capsys):
    assert main(["cancel", waiting.id]) == DONE
    assert capsys.readouterr().out == f"{waiting.id} waits no longer: stopped.\n"


def test_resuming_goes_on_or_waits(store, training, capsys):
    run = store.create(RunConfig(), name="paused")
    run.write("exit", {"outcome": "paused", "at": time.time()})
    assert main(["resume", run.id]) == DONE
    assert capsys.readouterr().out == f"{run.id}: number 1 in the queue.\n"
    assert main(["cancel", run.id]) == DONE
    training.write("exit", {"outcome": "finished"})
    capsys.readouterr()
    assert main(["resume", run.id]) == DONE
    assert capsys.readouterr().out == f"{run.id} goes on.\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("pause", "cannot be paused"),
        ("resume", "cannot be resumed"),
        ("cancel", "cannot be cancelled"),
    ],
)
def test_what_cannot_be_done_is_refused(ended, command, words, capsys):
    assert main([command, ended.id]) == BAD_ARGUMENTS
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err


@pytest.mark.parametrize("command", ["stop", "pause", "resume", "cancel"])
def test_a_run_that_is_not_there_is_refused(command, capsys):
    assert main([command, "gone"]) == BAD_ARGUMENTS
    assert "There is no run called" in capsys.readouterr().err


@pytest.mark.usefixtures("training")
def test_waiting_tells_each_place_once(store, waiting, capsys):
    first, second = (store.create(RunConfig(), name="earlier", queued=True) for _ in range(2))
    for run, since in ((first, 1.0), (second, 2.0)):
        run.write("queued", {"at": since})
    leaving = iter([None, first, None, second, waiting])

    def sleep(_):
        if run := next(leaving):
            run.remove("queued")

    wait_for_turn(store, waiting, print_status, sleep=sleep)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"Waiting: number {position} in the queue." for position in (3, 2, 1)]


@pytest.mark.usefixtures("training")
def test_waiting_for_room_on_the_disk_is_told(store, waiting, full_host, capsys):
    store = RunStore(store.root, full_host)
    run = store.open(waiting.id)
    wait_for_turn(store, run, print_status, sleep=lambda _: run.remove("queued"))
    assert "The disk is nearly full" in capsys.readouterr().err


def test_one_whose_turn_it_is_does_not_wait(store, ended, capsys):
    wait_for_turn(store, ended, print_status)
    assert capsys.readouterr().err == ""


def test_a_place_is_told_in_words():
    assert position_in_words(QueuePosition(position=2, seconds=5.0)) == "number 2 in the queue"


@pytest.fixture
def listed(store):
    run = store.create(RunConfig().changed({"corpus.name": "sentences"}), name="listed")
    run.write("state", {"heartbeat": time.time(), "step": 3, "best_validation_loss": 0.0})
    run.write("exit", {"outcome": "finished"})
    return run


def test_runs_are_listed_with_status_steps_loss_and_name(listed, capsys):
    assert main(["runs"]) == DONE
    [line] = capsys.readouterr().out.splitlines()
    assert line.split() == [listed.id, "finished", "3/1000", "0.0000", "-", "-", "listed"]


def test_a_run_that_ended_badly_is_listed_with_its_reason(listed, capsys):
    listed.write("exit", {"outcome": "failed", "reason": "Too hot."})
    assert main(["runs"]) == DONE
    assert capsys.readouterr().out.splitlines()[1] == "    Too hot."


def test_runs_are_listed_as_json(listed, capsys):
    assert main(["runs", "--json"]) == DONE
    [entry] = json.loads(capsys.readouterr().out)
    assert (entry["id"], entry["status"], entry["step"]) == (listed.id, "finished", 3)
    assert RunConfig.from_dict(entry["settings"]) == listed.config()


def test_settings_that_cannot_be_read_are_null(listed, capsys):
    (listed.path / "config.json").write_text('{"training": [', encoding="utf-8")
    assert main(["runs", "--json"]) == DONE
    [entry] = json.loads(capsys.readouterr().out)
    assert entry["settings"] is None


def test_damaged_runs_are_listed_too(listed, capsys):
    for name in ("config", "meta", "state", "exit"):
        (listed.path / f"{name}.json").write_text('{"training": [', encoding="utf-8")
    assert main(["runs"]) == DONE
    assert listed.id in capsys.readouterr().out


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_no_runs_are_no_lines(flags, capsys):
    assert main(["runs", *flags]) == DONE
    assert capsys.readouterr().out.strip() in ("", "[]")


def test_texts_are_listed(capsys):
    assert main(["corpora"]) == DONE
    assert capsys.readouterr().out.splitlines()[0].startswith("tiny-shakespeare ")
    assert main(["corpora", "--json"]) == DONE
    listed = json.loads(capsys.readouterr().out)
    assert {"name": "sentences", "title": "Short sentences"} in listed


def test_presets_are_listed(capsys):
    assert main(["presets"]) == DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(PRESETS)
    assert main(["presets", "--json"]) == DONE
    listed = json.loads(capsys.readouterr().out)
    assert RunConfig.from_dict(listed["quick"]) == PRESETS["quick"].config
