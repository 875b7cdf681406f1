"""Which tenth of a text is kept from training, to judge by.

A model is judged by what it never read. The last tenth is the usual choice, and a bad one where a
text ends in something else: a licence, notes, another language. Paragraphs drawn from everywhere
are like the rest by construction, and those that are alike go to the same part.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from random import Random
from typing import Literal, NamedTuple

ValidationPart = Literal["last", "first", "middle", "paragraphs"]

TRAINING_SHARE = 0.9
FEWEST_PARAGRAPHS = 20
"""With fewer, a tenth of them could be far from a tenth of the text; then lines are taken."""
PIECE_CHARACTERS = 200
"""Of a text without lines."""
LEAST_OF_A_TENTH = 0.8
SEED = 1337


class Parts(NamedTuple):
    """The two parts of a text; no character is in both."""

    training: str
    validation: str


def split_text(text: str, part: ValidationPart = "last") -> Parts:
    """Cut a text into nine tenths to train on and a tenth to be judged by.

    Equal texts are always cut alike, on any system.

    Args:
        text: the text.
        part: the tenth to keep from training: one in a row, or paragraphs from everywhere.

    >>> split_text("0123456789", "middle")
    Parts(training='012346789', validation='5')
    """
    boundary = int(TRAINING_SHARE * len(text))
    tenth = len(text) - boundary
    match part:
        case "last":
            return Parts(text[:boundary], text[boundary:])
        case "first":
            return Parts(text[tenth:], text[:tenth])
        case "middle":
            begin = len(text) // 2
            return Parts(text[:begin] + text[begin + tenth :], text[begin : begin + tenth])
        case "paragraphs":
            return _by_paragraphs(text, tenth)


def _by_paragraphs(text: str, tenth: int) -> Parts:
    """Parts in the order of the text, made of the largest units that come near to a tenth."""
    for units in _units(text):
        kept = _drawn(units, tenth)
        training = "".join(unit for unit in units if unit.strip() not in kept)
        validation = "".join(unit for unit in units if unit.strip() in kept)
        if training and len(validation) >= LEAST_OF_A_TENTH * tenth:
            return Parts(training, validation)
    # All of it is the same thing again and again: no way of cutting makes that two.
    return split_text(text)


def _units(text: str) -> Iterator[list[str]]:
    """The text in paragraphs, in lines, and in pieces; each of them joined is the whole text."""
    paragraphs = _cut(text, r"\n[^\S\n]*\n\s*")
    if len(paragraphs) >= FEWEST_PARAGRAPHS:
        yield paragraphs
    lines = _cut(text, r"\n\s*")
    if len(lines) >= FEWEST_PARAGRAPHS:
        yield lines
    size = max(1, min(PIECE_CHARACTERS, len(text) // FEWEST_PARAGRAPHS))
    yield [text[start : start + size] for start in range(0, len(text), size)]


def _cut(text: str, gap: str) -> list[str]:
    ends = [0, *(found.end() for found in re.finditer(gap, text)), len(text)]
    return [text[begin:end] for begin, end in pairwise(ends) if begin < end]


def _drawn(units: list[str], tenth: int) -> set[str]:
    """Units whose length adds up to a tenth of the text at most, as chance has it."""
    lengths: dict[str, int] = {}
    for unit in units:  # what stands in a text more than once is one thing to learn
        key = unit.strip()
        lengths[key] = lengths.get(key, 0) + len(unit)
    # Of the methods of Random, later versions of Python promise equal results for this one only.
    draw = Random(SEED).random
    shuffled = sorted(lengths, key=lambda _: draw())
    kept: set[str] = set()
    left = tenth
    for key in shuffled:
        if lengths[key] <= left:
            kept.add(key)
            left -= lengths[key]
    return kept
