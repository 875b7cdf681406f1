"""A line to try a model with comes whole from its own text, and its beginning asks for the rest."""

import pytest

from minigpt.corpora import CORPORA
from minigpt.corpora.examples import LONGEST, PASSAGE, contrast, example_of
from minigpt.corpora.parts import split_text

TEXTS = {
    "sums": ("4\n7+8=15\n1+1=2\n", "7+8=15", "7+8="),
    "dates": ("03-11\n2021-04-17\n2022-01-02\n", "2021-04-17", "2021-"),
    "chess": ("5\n1. e4 e5 2. Nf3 Nc6\n1. d4 d5\n", "1. e4 e5 2. Nf3 Nc6", "1. e4 e5 2."),
    "Hindi": ("है\nयह एक छोटी कहानी है\nऔर\n", "यह एक छोटी कहानी है", "यह एक छोटी"),
    "Chinese": ("。\n山高月小水落石出\n月\n", "山高月小水落石出", "山高月小"),
    "DNA": ("GA\nACGTACGTAC\nGGG\n", "ACGTACGTAC", "ACGTA"),
    "a speaker": (
        "x\nPORTIA: no more\nx\n",
        "PORTIA: no more",
        "PORTIA:",
    ),
    "one line": ("kalo vespera amiko mia", "kalo vespera amiko mia", "kalo vespera"),
}


@pytest.mark.parametrize(("text", "line", "prompt"), TEXTS.values(), ids=TEXTS)
def test_a_whole_line_of_the_text_and_its_beginning(text, line, prompt):
    found = example_of(text, lambda _: True)
    assert (found.line, found.prompt) == (line, prompt)


def test_lines_that_cannot_be_read_are_passed_over():
    found = example_of("x\nab!cd\nabcd\n", lambda line: "!" not in line)
    assert found.line == "abcd"
    assert example_of("x\nab!cd\n", lambda line: "!" not in line) is None


def test_a_long_line_is_cut_at_a_word():
    found = example_of("word " * 100, lambda _: True)
    assert len(found.line) <= LONGEST
    assert found.line.endswith("word")


@pytest.mark.parametrize("name", [name for name in CORPORA if name != "tiny-shakespeare"])
def test_every_text_that_comes_with_the_app_has_one(name):
    text = split_text(CORPORA[name].read()).validation
    found = example_of(text, lambda _: True)
    assert found.line in text
    assert found.line.startswith(found.prompt)
    assert 0 < len(found.prompt) < len(found.line) or found.line.endswith(found.prompt)


READ = "The sea is old and the road is long.\n" * 40
KEPT = "A gull walks on the roof of a station.\n" * 40


@pytest.mark.parametrize("mark", ["\n", " ", ""])
def test_one_is_read_one_is_half_of_it_and_one_was_kept_from_training(mark):
    read, kept = READ.replace("\n", mark), KEPT.replace("\n", mark)
    found = contrast(read, kept)
    assert found.read in read
    assert found.kept in kept
    assert found.half[: found.seam] in read
    assert found.half[found.seam :] in kept
    assert 0.3 < found.seam / len(found.half) < 0.7
    for passage in (found.read, found.half, found.kept):
        assert PASSAGE / 3 < len(passage) <= PASSAGE


def test_short_lines_and_words_stay_whole():
    found = contrast(READ, KEPT)
    assert found.read.split("\n") == ["The sea is old and the road is long."] * 6
    assert found.half[found.seam - 1].isspace()


def test_letters_without_any_break_are_taken_from_the_middle():
    found = contrast("ab" * 500, "cd" * 500)
    assert (len(found.read), len(found.half)) == (PASSAGE, PASSAGE)


def test_of_a_text_too_short_to_show_anything_there_is_none():
    assert contrast(READ, "") is None
    assert contrast("abc", KEPT) is None
