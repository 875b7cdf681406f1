import pytest

from minigpt.lessons.excerpts import CHARACTERS, LENGTH, OPENING, WINDOWS, ids_of, known_stream
from minigpt.lessons.token_ids import (
    alphabet,
    decode_typed,
    encode_text,
    kinds_of_tokens,
    whole_text,
)


def test_the_excerpts_are_those_of_the_text(real_shakespeare):
    assert "".join(sorted(set(real_shakespeare))) == CHARACTERS
    assert int(0.9 * len(real_shakespeare)) == LENGTH
    for start, window in {0: OPENING, **WINDOWS}.items():
        assert real_shakespeare[start : start + len(window)] == window


def test_shakespeares_alphabet(real_shakespeare):
    seen = alphabet(real_shakespeare)
    assert (seen.length, len(seen.characters)) == (1_115_394, 65)
    assert "".join(seen.characters) == CHARACTERS


def test_the_lectures_text_to_ids():
    seen = encode_text("hii there")
    assert seen.ids == (46, 47, 47, 1, 58, 46, 43, 56, 43)
    assert seen.different == 6
    assert not seen.unknown


def test_what_the_alphabet_lacks_is_left_out_and_named():
    seen = encode_text("h3 4ü")
    assert seen.unknown == ("4", "ü")
    assert seen.text == "h3 "


def test_ids_become_text_again():
    assert decode_typed("46, 47 47\t1").text == "hii "
    seen = decode_typed("39 65 -1 1_0 x 40 ٣")
    assert (seen.text, seen.refused) == ("ab", ("65", "-1", "1_0", "x", "٣"))
    assert decode_typed("").text == ""


@pytest.mark.parametrize("text", ["Before we proceed", "\n", ""])
def test_both_ways_lose_nothing(text):
    ids = encode_text(text).ids
    assert list(ids) == ids_of(text)
    assert decode_typed(" ".join(map(str, ids))).text == text


def test_large_tokens_are_few_and_their_vocabulary_may_lack_words():
    seen = kinds_of_tokens("hello surabaya")
    assert seen.of("word").unknown == (" surabaya",)
    assert not seen.of("bpe").unknown
    assert not seen.of("byte").unknown
    words, pieces, characters, byte = seen.counts
    assert words < pieces < characters == byte
    assert seen.of("byte").vocabulary_size == 256


def test_a_whole_text_is_one_row_of_long_numbers(tiny_text):
    seen = whole_text(tiny_text)
    assert (seen.shape, seen.dtype) == ((len(tiny_text),), "torch.int64")
    assert "".join(seen.characters[one] for one in seen.first) == tiny_text[:1000]


def test_the_known_stream_has_the_length_of_the_training_part():
    stream = known_stream()
    assert stream.shape == (LENGTH,)
    assert stream[:9].tolist() == [18, 47, 56, 57, 58, 1, 15, 47, 58]
