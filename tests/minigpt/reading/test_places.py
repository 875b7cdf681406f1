from itertools import pairwise

import pytest

from minigpt.reading.places import places
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
