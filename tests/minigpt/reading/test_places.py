from itertools import pairwise

import pytest

from minigpt.reading.places import places, readable_ends
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer

TEXT = "The café's naïve owner said: “¡Olé!” twice.\nAnd then 東京.\n" * 6


@pytest.mark.parametrize("kind", ["character", "byte", "bpe", "unigram"])
def test_tokens_cover_the_text_one_after_the_other(kind):
    tokenizer = TOKENIZERS[kind].train(TEXT)
    found = places(tokenizer, TEXT)
    assert [one.piece.id for one in found] == tokenizer.encode(TEXT)
    assert found[0].start == 0
    assert found[-1].end == len(TEXT)
    assert all(one.end == other.start for one, other in pairwise(found))


def test_a_character_belongs_to_the_last_of_its_bytes():
    found = places(TOKENIZERS["byte"].train("é"), "aéü")
    assert [(one.start, one.end) for one in found] == [(0, 1), (1, 1), (1, 2), (2, 2), (2, 3)]


def test_what_is_not_known_has_its_place_too():
    found = places(CharacterTokenizer.train("abc"), "axb")
    assert [one.piece.id for one in found] == [0, None, 1]
    assert [(one.start, one.end) for one in found] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("kind", ["character", "byte", "bpe"])
@pytest.mark.parametrize("text", [TEXT, "x东 y\u0301 é", "", "\ud800"])
def test_what_can_be_read_ends_where_its_places_end(kind, text):
    tokenizer = TOKENIZERS[kind].train(TEXT)
    ids, ends = readable_ends(tokenizer, text)
    known = [one for one in places(tokenizer, text) if one.piece.id is not None]
    assert ids.tolist() == [one.piece.id for one in known]
    assert ends.tolist() == [one.end for one in known]
