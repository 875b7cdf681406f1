"""Which tenth judges: each text is cut exactly once, whatever it is made of."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigpt.corpora.parts import ValidationPart, split_text

PARTS = get_args(ValidationPart)
POEM = "".join(f"Line {index} of a poem\nthat goes on\n\n" for index in range(100))


def test_the_last_tenth_is_what_it_always_was():
    text = POEM[:1234]
    assert split_text(text) == (text[:1110], text[1110:])


@pytest.mark.parametrize("part", PARTS)
@settings(max_examples=60, deadline=None)
@given(text=st.text(st.sampled_from("ab \n日"), min_size=2, max_size=400))
def test_every_character_is_in_exactly_one_part(part, text):
    parts = split_text(text, part)
    assert sorted(parts.training + parts.validation) == sorted(text)
    assert parts.training
    assert parts == split_text(text, part)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "text",
    [
        POEM,
        POEM.replace("\n\n", "\n"),
        POEM.replace("\n", " "),
        "x" * 20_000 + "\n\n" + POEM,
        "\n\n".join(str(number) * 50 for number in range(30)),
    ],
    ids=["paragraphs", "lines", "one line", "one long paragraph", "few paragraphs"],
)
def test_the_judging_part_is_about_a_tenth(part, text):
    share = len(split_text(text, part).validation) / len(text)
    assert 0.08 <= share <= 0.101


def test_paragraphs_come_from_everywhere_and_stay_whole():
    training, validation = split_text(POEM, "paragraphs")
    kept = [int(line.split()[1]) for line in validation.splitlines() if line.startswith("Line")]
    assert kept == sorted(kept)
    assert min(kept) < 20
    assert max(kept) >= 80
    assert all(paragraph in POEM for paragraph in validation.split("\n\n"))
    assert training.count("that goes on") + len(kept) == 100


def test_equal_paragraphs_go_to_the_same_part():
    verses = [f"Verse {index} has its own words, {index * 7919}." for index in range(60)]
    training, validation = split_text("\n\n".join(verses * 3), "paragraphs")
    assert validation
    assert not {*training.split("\n\n")} & {*validation.strip().split("\n\n")}
