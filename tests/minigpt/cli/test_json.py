"""The JSON of all commands: one vocabulary, which docs/command-line.md tells; honest seconds."""

import json
import re
from argparse import ArgumentParser

import pytest

from minigpt.checkpoints.manifest import list_checkpoints, list_states
from minigpt.cli.main import DONE, main
from minigpt.cli.parser import build_parser
from minigpt.jobs.worker import process
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from tests.launching import FakeLauncher, install
from tests.minigpt.conftest import TINY

SETTINGS = [word for path, value in TINY.items() for word in ("--set", f"{path}={value}")]
TRAINED = ["train", "fork", "finetune", "resume"]
LOOKING = ["generate", "heads", "receipt", "swap", "evaluate", "surprise", "overlap"]
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
LONG_AGO = 1000.0
"""Seconds that a run is made to have trained before; no test takes as long."""


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch, in_process):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    install(monkeypatch, FakeLauncher(lambda run: process.main([str(run.path)])))
    return RunStore.default()


def answer(capsys, *arguments):
    capsys.readouterr()
    assert main([*arguments, "--json"]) == DONE
    [line] = capsys.readouterr().out.splitlines()
    return json.loads(line)


def documented(command):
    """The names that docs/command-line.md lists for a command's answer."""
    text = (PROJECT_FOLDER / "docs" / "command-line.md").read_text(encoding="utf-8")
    return {name for name, commands in ROW.findall(text) if command in commands.split(", ")}


def parent(store, capsys):
    """A run of 12 steps that seems to have trained for a long time."""
    run = store.open(answer(capsys, "train", *SETTINGS)["run"])
    for name in ("state", "exit"):
        run.write(name, {**run.read(name), "seconds": LONG_AGO, "tokens_per_second": 0.192})
    rows = [{**row, "seconds": LONG_AGO} for row in run.lines("metrics")]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    run.metrics.write_text(lines, encoding="utf-8")
    return run


def forkable_step(run):
    """A saved step whose training state is gone, so that a fork counts on from the records."""
    steps = {one.step for one in list_checkpoints(run.weights)}
    return max(steps - {one.step for one in list_states(run.weights)})


def commands_with_json():
    parser = build_parser()
    [chooser] = [action for action in parser._actions if isinstance(action.choices, dict)]
    assert all(isinstance(one, ArgumentParser) for one in chooser.choices.values())
    return {name for name, one in chooser.choices.items() if "--json" in one._option_string_actions}


def test_every_command_with_json_is_tried_here():
    assert commands_with_json() == {*TRAINED, *LOOKING, "runs", "corpora", "presets"}


@pytest.mark.parametrize("command", LOOKING)
def test_what_looks_at_a_model_says_which_run_and_step(store, capsys, command):
    trained = answer(capsys, "train", *SETTINGS, "--set", "model.context_length=12")
    arguments = {
        "generate": ["--prompt", "the", "--tokens", "3"],
        "heads": ["--windows", "1"],
        "receipt": ["--text", "the", "--token", "e", "--against", " "],
        "swap": ["--text", "the"],
        "surprise": ["--text", "the train"],
        "overlap": ["--text", "the train"],
    }
    said = answer(capsys, command, trained["run"], *arguments.get(command, []))
    assert said["run"] == trained["run"]
    assert said["step"] in {one.step for one in list_checkpoints(store.open(said["run"]).weights)}


def test_training_and_lists_use_one_vocabulary(store, capsys):
    trained = answer(capsys, "train", *SETTINGS)
    assert set(trained) == documented("train")
    [listed] = answer(capsys, "runs")
    assert set(listed) == documented("runs")
    assert {name: listed[name] for name in trained} == trained
    assert (listed["id"], listed["step"]) == (trained["run"], trained["steps"])
    assert listed["best_validation_loss"] == trained["best_val_loss"]
    assert all(set(text) == documented("corpora") for text in answer(capsys, "corpora"))
    for name, settings in answer(capsys, "presets").items():
        assert RunConfig.from_dict(settings) == PRESETS[name].config


def test_an_estimate_uses_it_too(capsys):
    bigram = ["--preset", "bigram", "--corpus", "sentences"]
    assert set(answer(capsys, "train", *bigram, "--dry-run")) == documented("--dry-run")


@pytest.mark.parametrize("with_state", [True, False])
def test_a_fork_counts_its_own_seconds(store, capsys, with_state):
    source = parent(store, capsys)
    step = 12 if with_state else forkable_step(source)
    arguments = ["--step", str(step), "--set", f"training.steps={step + 2}"]
    forked = answer(capsys, "fork", source.id, *arguments)
    assert set(forked) == documented("fork")
    assert 0 < forked["seconds"] < LONG_AGO / 2
    # As long as its own files say, whose first row lies a little after the start.
    rows = [row.seconds for row in store.open(forked["run"]).metric_rows() if row.step > step]
    assert rows[-1] - rows[0] <= forked["seconds"]
    assert forked["total_seconds"] == pytest.approx(LONG_AGO + forked["seconds"])
    assert forked["tokens_per_second"] * forked["seconds"] == pytest.approx(2 * 16, abs=0.01)
    listed = {one["run"]: one for one in answer(capsys, "runs")}
    assert listed[forked["run"]]["seconds"] == forked["seconds"]
    # The lists of the screen and the worker's last word say the same.
    run = store.open(forked["run"])
    summary, end = store.summarise(run), run.exit()
    assert summary.seconds == pytest.approx(forked["seconds"], abs=0.05)
    assert summary.tokens_per_second * summary.seconds == pytest.approx(2 * 16)
    assert end.tokens_per_second * end.own_seconds == pytest.approx(2 * 16)


def test_fine_tuning_counts_its_own_seconds(store, capsys):
    source = parent(store, capsys)
    tuned = answer(capsys, "finetune", source.id, "--corpus", "sentences")
    assert set(tuned) == documented("finetune")
    assert tuned["seconds"] == tuned["total_seconds"] < LONG_AGO / 2


def test_resuming_counts_the_seconds_since_then(store, capsys):
    run = store.open(answer(capsys, "train", *SETTINGS)["run"])
    before = run.lines("metrics")[-1]["seconds"]
    run.write("exit", {**run.read("exit"), "outcome": "stopped"})
    longer = run.config().changed({"training.steps": 20})
    run.write("config", longer.to_dict())
    resumed = answer(capsys, "resume", run.id)
    assert set(resumed) == documented("resume")
    assert (resumed["steps"], resumed["status"]) == (20, "finished")
    assert resumed["total_seconds"] == pytest.approx(before + resumed["seconds"])
    assert resumed["tokens_per_second"] * resumed["seconds"] == pytest.approx(8 * 16, rel=0.1)
