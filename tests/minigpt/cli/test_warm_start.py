"""Forking and fine-tuning by calling `main`; the workers run inside the test."""

import json
from argparse import Namespace

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.cli import warm_start
from minigpt.cli.main import BAD_ARGUMENTS, DONE, main
from minigpt.corpora import add_text
from minigpt.jobs.worker import process
from minigpt.runs.store import RunStore
from tests.launching import FakeLauncher, install

SETTINGS = [
    "model.context_length=8",
    "model.width=16",
    "model.num_layers=1",
    "model.num_heads=2",
    "training.steps=4",
    "training.batch_size=2",
    "training.evaluation_interval=2",
    "logging.sample_tokens=5",
]
TINY = ["--corpus", "sentences", *(word for one in SETTINGS for word in ("--set", one))]


@pytest.fixture(autouse=True)
def store(monkeypatch, in_process):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    install(monkeypatch, FakeLauncher(lambda run: process.main([str(run.path)])))
    return RunStore.default()


@pytest.fixture
def trained(store):
    assert main(["train", *TINY, "--name", "First"]) == DONE
    return store.all()[0]


def other_than(store, run):
    [found] = [one for one in store.all() if one.id != run.id]
    return found


def test_a_fork_goes_on_from_a_saved_step(store, trained, capsys):
    arguments = ["fork", trained.id, "--step", "2", "--set", "training.steps=6", "--json"]
    assert main(arguments) == DONE
    said = capsys.readouterr()
    result = json.loads(said.out.splitlines()[-1])
    run = other_than(store, trained)
    assert (result["run"], result["steps"], result["status"]) == (run.id, 6, "finished")
    assert run.read("meta")["name"] == "First, continued"
    assert (run.config().start.kind, run.config().start.step) == ("fork", 2)
    steps = [row["step"] for row in run.lines("metrics")]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0, 6)
    assert run.lines("metrics")[0] == trained.lines("metrics")[0]


def test_fine_tuning_begins_again_on_another_text(store, trained, capsys):
    text = add_text("Letters", "xyzzy Ω " * 200)
    arguments = ["finetune", trained.id, "--corpus", text.name, "--name", "Taught", "--seed", "5"]
    assert main([*arguments, "--set", "training.steps=2"]) == DONE
    said = capsys.readouterr()
    assert "The model has never seen" in said.err
    assert said.err.index("has never seen") < said.err.index("is training in the background")
    run = other_than(store, trained)
    assert run.read("meta")["name"] == "Taught"
    config = run.config()
    assert (config.start.kind, config.corpus.name, config.seed) == ("fine_tune", text.name, 5)
    assert list_checkpoints(run.weights)[0].step == 0
    assert run.read("tokenizer") == trained.read("tokenizer")


def test_fine_tuning_on_a_file_of_ones_own(store, trained, tmp_path, capsys):
    file = tmp_path / "poem.txt"
    file.write_text("Nina walks to the old road.\n" * 20, encoding="utf-8")
    arguments = ["finetune", trained.id, "--file", str(file), "--set", "training.steps=2"]
    assert main(arguments) == DONE
    assert other_than(store, trained).config().corpus.name.startswith("poem-")
    capsys.readouterr()


def test_a_text_that_is_all_known_needs_no_remark(store, trained, capsys):
    capsys.readouterr()
    arguments = ["finetune", trained.id, "--corpus", "sentences", "--set", "training.steps=2"]
    assert main(arguments) == DONE
    assert "never seen" not in capsys.readouterr().err
    assert other_than(store, trained).read("meta")["name"] == "First, fine-tuned"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fork", "gone", "--step", "2"], "no run called 'gone'"),
        (["fork", "{run}", "--step", "99"], "Nothing was saved at step 99"),
        (["fork", "{run}", "--step", "4"], "nothing left to do"),
        (["fork", "{run}", "--step", "2", "--set", "corpus.name=addition"], "use finetune"),
        (["fork", "{run}", "--step", "2", "--set", "model.width=32"], "same model"),
        (["fork", "{run}", "--step", "2", "--set", "training.step=5"], "Did you mean"),
        (["finetune", "{run}", "--corpus", "gone"], "no text called 'gone'"),
        (["finetune", "{run}", "--corpus", "sentences", "--set", "steps"], "has no value"),
        (["finetune", "../{run}", "--corpus", "sentences"], "no run called"),
    ],
)
def test_what_cannot_work_is_told_and_starts_nothing(store, trained, capsys, arguments, words):
    capsys.readouterr()
    assert main([word.format(run=trained.id) for word in arguments]) == BAD_ARGUMENTS
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert len(store.all()) == 1


@pytest.mark.parametrize(
    "arguments",
    [["fork", "a"], ["finetune", "a"], ["finetune", "a", "--corpus", "b", "--file", "c"]],
)
def test_what_is_missing_is_asked_for(arguments):
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == BAD_ARGUMENTS


def test_a_large_file_is_not_read_for_a_remark(trained, monkeypatch, capsys):
    monkeypatch.setattr(
        warm_start, "requested_changes", lambda _: {"corpus.name": "l", "corpus.path": "/no/file"}
    )
    chosen = Namespace(run=trained.id, step=None, name=None)
    assert warm_start.fine_tuned(chosen).config.corpus.path == "/no/file"
    assert "never seen" not in capsys.readouterr().err
