import json
import time

import pytest

from minigpt.cli.main import DONE, main
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "data"))
    return RunStore.default()


@pytest.fixture
def ended(store):
    run = store.create(RunConfig().changed({"corpus.name": "sentences"}), name="ended")
    run.write("state", {"heartbeat": time.time(), "step": 3, "best_validation_loss": 0.0})
    run.write("exit", {"outcome": "finished"})
    return run


def test_runs_are_listed_with_status_steps_loss_and_name(ended, capsys):
    assert main(["runs"]) == DONE
    [line] = capsys.readouterr().out.splitlines()
    assert line.split() == [ended.id, "finished", "3/1000", "0.0000", "ended"]


def test_a_run_that_ended_badly_is_listed_with_its_reason(ended, capsys):
    ended.write("exit", {"outcome": "failed", "reason": "Too hot."})
    assert main(["runs"]) == DONE
    assert capsys.readouterr().out.splitlines()[1] == "    Too hot."


def test_runs_are_listed_as_json(ended, capsys):
    assert main(["runs", "--json"]) == DONE
    [entry] = json.loads(capsys.readouterr().out)
    assert (entry["id"], entry["status"], entry["step"]) == (ended.id, "finished", 3)


def test_damaged_runs_are_listed_too(ended, capsys):
    for name in ("config", "meta", "state", "exit"):
        (ended.path / f"{name}.json").write_text('{"training": [', encoding="utf-8")
    assert main(["runs"]) == DONE
    assert ended.id in capsys.readouterr().out


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
