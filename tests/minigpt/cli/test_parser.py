from argparse import Namespace

import pytest

from minigpt.cli.main import COMMANDS
from minigpt.cli.parser import CONTROLS, SHOWN_SECTIONS, build_parser, requested_changes
from minigpt.corpora import load_corpus
from minigpt.corpora.large_files import LARGE_FILE_BYTES
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS


def complete(command):
    """The shortest form of a command that is accepted."""
    return {
        "generate": [command, "a-run", "--prompt", "hello"],
        "attention": [command, "a-run", "--text", "hello", "--out", "a.npz"],
        "film": [command, "a-run", "--out", "a.html"],
        "heads": [command, "a-run", "--json"],
        "receipt": [command, "a-run", "--text", "q", "--token", "u"],
        "swap": [command, "a-run", "--text", "hello"],
        "evaluate": [command, "a-run", "--file", "a.txt"],
        "surprise": [command, "a-run", "--text", "hello"],
        "overlap": [command, "a-run", "--text", "hello"],
        **{name: [command, "a-run"] for name in CONTROLS},
        "fork": [command, "a-run", "--step", "5"],
        "finetune": [command, "a-run", "--corpus", "sentences"],
        "export": [command, "a-run", "a-folder"],
        "import": [command, "a-folder"],
        "download": [command, "a-run", "a-file"],
        "single-file": [command, "a-run"],
    }.get(command, [command])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_can_be_asked_for(command):
    assert build_parser().parse_args(complete(command)).command == command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args([command, "--help"])
    assert end.value.code == 0
    assert f"minigpt {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train", "--corpus", "a", "--file", "b"],
        ["train", "--seed", "many"],
        ["train", "--seed", "1.5"],
        ["train", "extra"],
        ["train", "--set"],
        ["generate"],
        ["generate", "a-run"],
        ["generate", "a-run", "--prompt", "x", "--tokens", "few"],
        ["generate", "a-run", "--prompt", "x", "--temperature", "hot"],
        ["attention", "a-run", "--text", "hello"],
        ["attention", "a-run", "--out", "a.npz"],
        ["film", "a-run"],
        ["receipt", "a-run", "--text", "q"],
        ["receipt", "a-run", "--token", "u"],
        ["stop"],
        ["runs", "a-run"],
    ],
)
def test_what_is_no_command_ends_with_two_and_a_message(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        build_parser().parse_args(arguments)
    assert end.value.code == 2
    said = capsys.readouterr().err
    assert "usage: minigpt" in said
    assert "error: " in said


def test_a_training_has_defaults_for_everything():
    chosen = build_parser().parse_args(["train"])
    assert (chosen.preset, chosen.corpus, chosen.file, chosen.set) == ("quick", None, None, [])
    assert (chosen.seed, chosen.name, chosen.json) == (None, None, False)


def test_settings_may_be_repeated():
    chosen = build_parser().parse_args(["train", "--set", "a.b=1", "--set", "c.d=2=3"])
    assert chosen.set == ["a.b=1", "c.d=2=3"]


TEXT_NAMES = {"name", "path", "sha256"}
"""Settings that arguments of their own stand for."""


@pytest.mark.parametrize("width", [50, 100])
def test_help_lists_every_setting_with_its_default(width, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", str(width))
    with pytest.raises(SystemExit):
        build_parser().parse_args(["train", "--help"])
    shown = capsys.readouterr().out
    for section, values in PRESETS["quick"].config.to_dict().items():
        if section in SHOWN_SECTIONS:
            for name in values.keys() - {"rung", *TEXT_NAMES}:
                value = "none" if values[name] is None else values[name]
                assert f"\n  {section}.{name}={value}\n" in shown
    assert "Also: lr." in " ".join(shown.split())
    settings = shown[shown.index("\nsettings, ") :]  # what is above is laid out by argparse
    assert max(len(line) for line in settings.splitlines()) <= width


def test_other_names_of_settings_are_understood():
    words = ["--set", "lr=0.01", "--set", "training.max_iters=5", "--set", "width=8"]
    changes = requested_changes(build_parser().parse_args(["train", *words]))
    assert changes == {"training.learning_rate": "0.01", "training.steps": "5", "model.width": "8"}


def chosen(**given):
    return Namespace(**({"set": [], "seed": None} | given))


def test_assignments_seed_and_text_are_read():
    changes = requested_changes(
        chosen(set=["training.steps = 5", "a.b=c=d"], seed=3, corpus="sentences", file=None)
    )
    assert changes == {
        "training.steps": "5",
        "a.b": "c=d",
        "seed": 3,
        "corpus.name": "sentences",
    }


def test_a_command_without_a_text_names_none():
    assert requested_changes(chosen()) == {}


def test_a_file_becomes_one_of_the_texts(tmp_path):
    file = tmp_path / "My poem.txt"
    file.write_text("the cat sat on the mat\n" * 20, encoding="utf-8")
    changes = requested_changes(chosen(file=str(file)))
    assert load_corpus(changes["corpus.name"]).text.startswith("the cat")


def test_a_large_file_is_named_where_it_lies(tmp_path):
    file = tmp_path / "My book.txt"
    with file.open("wb") as book:
        book.truncate(LARGE_FILE_BYTES)  # takes no room
    assert requested_changes(chosen(file=str(file))) == {
        "corpus.name": "my-book",
        "corpus.path": str(file.resolve()),
    }


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="has no value"):
        requested_changes(chosen(set=["training.steps"]))
    with pytest.raises(CorpusError):
        requested_changes(chosen(file=str(tmp_path / "gone.txt")))


def test_decimal_commas_are_understood_everywhere():
    arguments = ["generate", "a-run", "--prompt", "a", "--temperature", "0,7", "--top-p", "0,95"]
    chosen = build_parser().parse_args(arguments)
    assert (chosen.temperature, chosen.top_p) == (0.7, 0.95)
    training = build_parser().parse_args(["train", "--set", "lr=0,0004", "--set", "dropout=0,25"])
    config = RunConfig().changed(requested_changes(training))
    assert (config.training.learning_rate, config.model.dropout) == (0.0004, 0.25)
