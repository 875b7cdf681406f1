from argparse import Namespace

import pytest

from minigpt.cli import parser
from minigpt.cli.parser import requested_changes
from minigpt.corpora import load_corpus
from minigpt.errors import ConfigurationError, CorpusError


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


def test_a_large_file_is_named_where_it_lies(tmp_path, monkeypatch):
    monkeypatch.setattr(parser, "is_large", lambda path: True)
    file = tmp_path / "My book.txt"
    assert requested_changes(chosen(file=str(file))) == {
        "corpus.name": "my-book",
        "corpus.path": str(file.resolve()),
    }


def test_what_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="has no value"):
        requested_changes(chosen(set=["training.steps"]))
    with pytest.raises(CorpusError):
        requested_changes(chosen(file=str(tmp_path / "gone.txt")))
