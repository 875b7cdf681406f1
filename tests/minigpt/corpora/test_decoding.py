import codecs
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.accents import normal_form
from minigpt.corpora.decoding import clean_text, compose_accents, decode_upload
from minigpt.errors import CorpusError

TEXT = "größer\nals 日本 \N{GRINNING FACE}\n"
PLAIN = st.text(
    st.characters(
        exclude_categories=["Cs"], exclude_characters="\0\r\x0b\x0c\x85\u2028\u2029\ufeff"
    ),
    min_size=1,
)

SECONDS = 5
"""Of the processor. In Python's own order it takes half a minute and more."""


def complaint(data: bytes) -> str:
    with pytest.raises(CorpusError) as raised:
        decode_upload(data)
    assert raised.value.field == "corpus"
    return raised.value.message


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16 little", "utf-16 big"],
)
def test_accepted_encodings(data: bytes) -> None:
    assert decode_upload(data) == TEXT


@given(PLAIN, st.sampled_from(["utf-8-sig", "utf-16"]))
def test_any_text_survives(text: str, encoding: str) -> None:
    assert decode_upload(text.encode(encoding)) == text


@given(st.binary(max_size=40))
def test_any_bytes_give_text_or_a_complaint(data: bytes) -> None:
    try:
        text = decode_upload(data)
    except CorpusError:
        return
    assert "\r" not in text
    assert "\0" not in text


def test_line_ends_become_newlines() -> None:
    assert decode_upload(b"one\r\ntwo\rthree\n") == "one\ntwo\nthree\n"


def test_empty_file_has_its_own_message() -> None:
    assert "empty (0 bytes)" in complaint(b"")


def test_other_encoding_names_the_first_bad_byte_and_its_line() -> None:
    message = complaint("one\ntwo\ncafé\n".encode("latin-1"))
    assert "Byte 11 of the file (0xe9, in line 3) is not UTF-8" in message
    assert "Save the file as UTF-8" in message


def test_position_counts_the_mark_of_the_file() -> None:
    assert "Byte 4 of the file" in complaint(codecs.BOM_UTF8 + b"a\xff")


def test_damaged_utf16_is_named() -> None:
    message = complaint(codecs.BOM_UTF16_LE + "a\nb".encode("utf-16-le") + b"\x00")
    assert "Byte 8 of the file (0x00, in line 2) is not UTF-16" in message


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04\x00\x00", b"\x89PNG\r\n\x00", "text".encode("utf-16-le")],
    ids=["document", "picture", "utf-16 without mark"],
)
def test_what_is_not_text_is_named(data: bytes) -> None:
    assert "not a text file" in complaint(data)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(CorpusError, match="Character 2 of the text is only half a character"):
        clean_text("ab\ud800")


@pytest.mark.parametrize(
    "end", ["\r", "\r\n", "\n", "\x85", "\u2028", "\u2029", "\x0b", "\x0c"], ids=ascii
)
def test_every_kind_of_line_end_is_a_line_end(end):
    text = decode_upload(f"first{end}second{end}third".encode())
    assert text == "first\nsecond\nthird"


def test_the_mark_of_a_file_that_was_joined_to_another_is_dropped():
    assert decode_upload("\ufeffone\n\ufefftwo\n".encode()) == "one\ntwo\n"


@pytest.mark.parametrize("word", ["café", "Việt", "Ångström", "ё", "가각"])
def test_accents_have_one_form(word):
    apart = unicodedata.normalize("NFD", word)
    assert apart != word
    assert compose_accents(apart) == compose_accents(word) == word


STACKS = {
    "above and below": "a" + "\u0301" * 200 + "\u0327" * 200 + "b",
    "marks of two parts": "\u0344" * 50 + "\u0323" * 50,
    "vowels of two parts": "\u0f40" + "\u0f73\u0f71" * 50,
    "some that join the letter": "e" + "\u0323" * 40 + "\u0302" * 40 + "\u0301",
    "few": "a" + "\u0301" * 5 + "\u0327" * 5,
}


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", STACKS)
def test_stacks_of_accents_come_out_as_unicode_wants_them(name, form):
    assert normal_form(form, STACKS[name]) == unicodedata.normalize(form, STACKS[name])


@pytest.mark.parametrize("marks", ["\u0301\u0327", "\u0f73", "\u0315\u0300\u0325"])
def test_a_letter_with_a_hundred_thousand_accents_holds_up_nobody(marks):
    start = time.process_time()
    compose_accents("a" + "".join(mark * (100_000 // len(marks)) for mark in marks))
    compose_accents("a" + marks * (100_000 // len(marks)))
    assert time.process_time() - start < SECONDS
