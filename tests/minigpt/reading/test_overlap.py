import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import CorpusError
from minigpt.reading.overlap import (
    HeldOut,
    covered_characters,
    held_out_pieces,
    longest_first,
    matches,
    overlap,
)
from minigpt.reading.suffixes import Suffixes
from minigpt.reading.training_text import TrainingText

LETTERS = st.text(alphabet="abc", max_size=50)


def training(text, held_out=""):
    nothing = np.empty(0, dtype=np.int32)
    return TrainingText(Suffixes(text), held_out, nothing, nothing, True, 0, 0.0)


def naive_spans(text, source, least):
    """Every stretch of the text that is in the source and in no longer such stretch."""
    found = {
        (start, end)
        for start in range(len(text))
        for end in range(start + least, len(text) + 1)
        if text[start:end] in source
    }
    inside = {
        (start, end)
        for start, end in found
        for low, high in found
        if (low, high) != (start, end) and low <= start and end <= high
    }
    return sorted(found - inside)


@given(LETTERS.filter(bool), LETTERS, st.integers(1, 6))
def test_spans_are_those_of_a_naive_search(text, source, least):
    found = overlap(text, training(source), HeldOut(())).spans(least)
    assert [(span.start, span.end) for span in found] == naive_spans(text, source, least)
    for span in found:
        piece = text[span.start : span.end]
        places = [at for at in range(len(source)) if source.startswith(piece, at)]
        assert span.places == len(places)
        assert list(span.first_places) == places[:3]


@given(LETTERS.filter(bool), LETTERS, st.integers(1, 6))
def test_the_share_counts_each_character_in_any_span_once(text, source, least):
    inside = {at for start, end in naive_spans(text, source, least) for at in range(start, end)}
    found = overlap(text, training(source), HeldOut(()))
    assert found.share(least) == len(inside) / len(text)
    assert covered_characters(matches(text, Suffixes(source)), least) == len(inside)


@given(LETTERS.filter(bool), LETTERS)
def test_at_each_character_the_longest_piece_is_known(text, source):
    found = overlap(text, training(source), HeldOut(()))
    everything = naive_spans(text, source, 1)
    for at in range(len(text)):
        here = [end - start for start, end in everything if start <= at < end]
        span = found.longest_at(at)
        assert (span.length if span else 0) == max(here, default=0)
        assert span is None or span.start <= at < span.end


def test_a_copied_text_is_one_span_and_a_new_one_has_none():
    source = "The train to the north leaves at nine in the morning."
    copied, new = (
        overlap(text, training(source), HeldOut(())) for text in (source[4:40], "zzz" * 9)
    )
    assert [(one.start, one.end) for one in copied.spans()] == [(0, 36)]
    assert (copied.share(), new.share()) == (1.0, 0.0)
    assert new.spans() == []


def test_chance_is_what_held_out_text_has():
    source = "a cat sat on the mat and the dog ran away from it"
    held_out = "the dog ran away and XXXX" * 40
    known = training(source, held_out)
    chance = held_out_pieces(known)
    assert chance.characters == len(held_out)
    assert chance.share(16) == pytest.approx(17 / 25)  # "the dog ran away " of 25
    assert chance.share(18) == 0
    low, high = chance.range(16)
    assert low <= chance.share(16) <= high
    (span,) = overlap("A the dog ran away from B", known, chance).spans(16)
    assert span.chance == 0.0
    assert not span.is_held_out
    (short,) = overlap("the dog ran away ", known, chance).spans(16)
    assert short.chance == chance.share(17) == pytest.approx(17 / 25)
    assert short.is_held_out


def test_the_answer_names_the_chance_level_or_says_that_there_is_none():
    source, held_out = "a cat sat on the mat and slept", "a cat sat on the rug" + "z" * 980
    known = training(source, held_out)
    found = overlap("a cat sat on the mat!", known, held_out_pieces(known))
    assert found.answer(10) == (
        "95 % of this text stands word for word in the training text, in pieces of 10 characters "
        "and more; of text from the same source that was kept from training, 2 % does."
    )
    without = overlap("a cat sat on the mat!", training(source), HeldOut(()))
    assert "no other text of the same source" in without.answer(10)


def test_long_spans_come_first_and_of_equal_ones_the_rare():
    source = "abcdefgh abcdefgh 12345678 ABCDEFGHIJ"
    found = overlap("abcdefgh-12345678-ABCDEFGHIJ", training(source), HeldOut(())).spans(8)
    ordered = longest_first(found)
    assert [(span.length, span.places) for span in ordered] == [(10, 1), (8, 1), (8, 2)]


@pytest.mark.parametrize("text", ["", "a" * 20_001])
def test_a_text_must_have_a_sensible_length(text):
    with pytest.raises(CorpusError, match="can be compared"):
        overlap(text, training("a cat"), HeldOut(()))
