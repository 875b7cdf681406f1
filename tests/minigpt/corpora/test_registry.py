"""Contract of every text in CORPORA, and of finding texts by name."""

import re

import pytest

from minigpt.corpora import (
    CORPORA,
    UNKNOWN_CORPUS,
    add_text,
    all_sources,
    load_corpus,
    offline_default,
)
from minigpt.errors import CorpusError

OFFLINE = [name for name in CORPORA if name != "tiny-shakespeare"]


def test_the_promised_texts_are_there() -> None:
    assert {"tiny-shakespeare", "python-docs", "sentences"} <= set(CORPORA)


@pytest.mark.parametrize("name", CORPORA)
def test_each_text_is_described(name: str) -> None:
    source = CORPORA[name]
    assert source.name == name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)
    assert source.title
    assert source.description.endswith(".")
    assert len(source.description) <= 100


@pytest.mark.parametrize("name", OFFLINE)
def test_each_offline_text_is_ready_and_usable(name: str) -> None:
    assert CORPORA[name].is_ready()
    corpus = load_corpus(name)
    assert corpus.title == CORPORA[name].title
    assert "\r" not in corpus.text
    assert len(corpus.validation_text) >= 200


def test_download_is_not_ready_before_it_is_fetched() -> None:
    assert not CORPORA["tiny-shakespeare"].is_ready()


def test_offline_default_needs_no_download() -> None:
    assert offline_default() == "python-docs"
    assert offline_default() in OFFLINE


def test_added_text_is_found_after_the_built_in_ones() -> None:
    corpus = add_text("Diary", "dear diary")
    assert [source.name for source in all_sources()] == [*CORPORA, corpus.name]
    assert load_corpus(corpus.name) == corpus


@pytest.mark.parametrize("name", ["", "shakespear", "../secret", "a/b", "diary-01234567"])
def test_unknown_name_lists_the_known_ones(name: str) -> None:
    add_text("Diary", "dear diary")
    with pytest.raises(CorpusError, match=r"tiny-shakespeare, python-docs, sentences.*diary-") as e:
        load_corpus(name)
    assert e.value.field == "corpus"


def test_of_a_model_that_was_made_elsewhere_nobody_knows_the_text() -> None:
    with pytest.raises(CorpusError, match="nobody here knows which text it learnt from"):
        load_corpus(UNKNOWN_CORPUS)
