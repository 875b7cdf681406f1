import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.reading.suffixes import Suffixes

NARROW = st.text(alphabet="ab", max_size=60)
WIDE = st.text(alphabet="aé\u4eac\U0001f600\ud800\0", max_size=40)


@pytest.mark.parametrize("text", ["", "a", "aaaa", "abab" * 50, "banana", "mississippi\n" * 20])
def test_endings_are_sorted(text):
    assert Suffixes(text).order.tolist() == sorted(range(len(text)), key=lambda at: text[at:])


@given(st.one_of(NARROW, WIDE))
def test_endings_of_any_text_are_sorted(text):
    assert Suffixes(text).order.tolist() == sorted(range(len(text)), key=lambda at: text[at:])


@given(NARROW, st.text(alphabet="abc", max_size=8))
def test_places_are_those_of_a_search_through_everything(text, wanted):
    index = Suffixes(text)
    expected = [at for at in range(len(text)) if text.startswith(wanted, at)]
    found = index.find(wanted)
    assert index.places(found) == expected
    assert len(found) == len(expected)


@given(NARROW, st.text(alphabet="abc", max_size=12))
def test_the_longest_match_is_that_of_trying_all_lengths(text, wanted):
    index = Suffixes(text)
    lengths = range(len(wanted) + 1)
    assert index.longest_match(wanted) == max(n for n in lengths if wanted[:n] in text)
    endings = max(n for n in lengths if wanted[len(wanted) - n :] in text)
    assert index.longest_ending(wanted) == endings


def test_tokens_are_searched_like_characters():
    ids = np.array([70_000, 5, 0xD800, 5, 0xD800, 1_000_000])
    index = Suffixes.of_ids(ids)
    assert index.places(index.find(chr(5) + chr(0xD800))) == [1, 3]
    assert index.longest_match(chr(0xD800) + chr(1_000_000) + chr(1)) == 2


def test_of_very_many_places_the_first_are_given():
    index = Suffixes("ab" * 100)
    assert index.places(index.find("ab"), most=3) == [0, 2, 4]
