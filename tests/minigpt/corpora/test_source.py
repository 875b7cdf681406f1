import pytest

from minigpt.corpora.corpus import CorpusSource
from minigpt.errors import CorpusError


def source(text: str) -> CorpusSource:
    return CorpusSource(name="few-words", title="Few words", description="x", read=lambda: text)


def test_making_a_source_reads_nothing() -> None:
    def explode() -> str:
        raise AssertionError

    CorpusSource(name="a", title="A", description="x", read=explode)


def test_load_gives_the_corpus_of_that_name() -> None:
    corpus = source("some words").load()
    assert (corpus.name, corpus.title, corpus.text) == ("few-words", "Few words", "some words")


def test_load_refuses_what_cannot_be_learnt_from() -> None:
    with pytest.raises(CorpusError, match="empty"):
        source("").load()


def test_a_text_that_needs_no_download_is_ready() -> None:
    assert not source("some words").needs_download
    assert source("some words").is_ready()
