import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.corpora.corpus import Corpus, CorpusSource, require_learnable, require_length
from minigpt.errors import CorpusError


def corpus(text: str) -> Corpus:
    return Corpus(name="few-words", title="Few words", text=text)


def test_first_ninety_percent_is_for_training() -> None:
    made = corpus("0123456789" * 10)
    assert (len(made.training_text), len(made.validation_text)) == (90, 10)


@given(st.text(min_size=2).filter(lambda text: text.strip() and len(set(text)) > 1))
def test_the_two_parts_are_the_text(text: str) -> None:
    made = corpus(text)
    assert made.training_text + made.validation_text == text
    assert made.training_text
    assert made.validation_text


def test_characters_are_distinct_and_sorted() -> None:
    assert corpus("hello").characters == ("e", "h", "l", "o")


def test_checksum_is_of_the_utf8_text() -> None:
    assert corpus("häh").sha256 == hashlib.sha256("häh".encode()).hexdigest()


@pytest.mark.parametrize("text", ["", " ", "\n\n"])
def test_empty_text_is_refused(text: str) -> None:
    with pytest.raises(CorpusError, match="empty") as raised:
        require_learnable(text)
    assert raised.value.field == "corpus"


def test_one_repeated_character_is_refused() -> None:
    with pytest.raises(CorpusError, match="repeats one character, 'a'"):
        corpus("aaaa")


def test_length_that_just_fits_passes() -> None:
    require_length(corpus("ab" * 50), 9)


def test_too_short_text_is_refused_with_both_numbers_and_both_fixes() -> None:
    with pytest.raises(CorpusError) as raised:
        require_length(corpus("ab" * 50), 256)
    assert raised.value.field == "corpus"
    for part in ("has 10 characters", "needs 257", "at least 2,570", "at most 9"):
        assert part in raised.value.message


@given(st.integers(2, 300), st.integers(1, 300))
def test_the_fixes_in_the_message_work(characters: int, context_length: int) -> None:
    made = corpus(("ab" * characters)[:characters])
    try:
        require_length(made, context_length)
    except CorpusError as error:
        longer = re.search(r"at least ([\d,]+) characters", error.message)
        shorter = re.search(r"a context of at most (\d+)", error.message)
        assert longer is not None
        require_length(corpus("ab" * int(longer[1].replace(",", ""))), context_length)
        if shorter is not None:
            require_length(made, int(shorter[1]))


def test_no_context_is_offered_where_none_fits() -> None:
    with pytest.raises(CorpusError) as raised:
        require_length(corpus("ab"), 8)
    assert "at most" not in raised.value.message


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
    assert source("some words").is_ready()
