"""Letters with accents in one form or in pieces: Unicode's normal forms, in time that is bounded.

Python puts the marks above and below a letter in order by insertion, so a letter that carries a
hundred thousand of them holds up every thread for minutes. Here the marks of such a letter are
sorted before, by the same rule (UAX #15, canonical ordering), and the result is the same.
"""

import unicodedata
from functools import cache
from typing import Literal

import numpy as np
from jaxtyping import UInt8

MOST_UNSORTED = 30
"""Marks that no letter of any language has, and that insertion sorts in no time."""
LAST_MARK = 0x1FFFF
"""There are none beyond."""
CODES = "utf-32-le"
AT_ONCE = 1_000_000


def normal_form(form: Literal["NFC", "NFD"], text: str) -> str:
    r"""What `unicodedata.normalize` gives.

    >>> normal_form("NFC", "e\u0301") == "\xe9", normal_form("NFD", "\xe9") == "e\u0301"
    (True, True)
    """
    if text.isascii():
        return text
    done, pieces = 0, []
    for start, end in _stacks(text):
        pieces += [text[done:start], _in_order(text[start:end])]
        done = end
    return unicodedata.normalize(form, "".join([*pieces, text[done:]]))


def _stacks(text: str) -> list[tuple[int, int]]:
    """Where so many marks follow each other that their order would take long."""
    # Searching with an expression takes a hundred times as long, and nobody else's turn comes.
    parts = (text[start : start + AT_ONCE] for start in range(0, len(text), AT_ONCE))
    is_mark = np.concatenate([_classes_of(part) > 0 for part in parts])
    starts, ends = np.flatnonzero(np.diff(is_mark, prepend=False, append=False)).reshape(-1, 2).T
    is_long = ends - starts >= MOST_UNSORTED
    return list(zip(starts[is_long].tolist(), ends[is_long].tolist(), strict=True))


def _in_order(marks: str) -> str:
    for mark, parts in _of_several_parts().items():
        marks = marks.replace(mark, parts)
    order = np.argsort(_classes_of(marks), kind="stable")
    codes = np.frombuffer(marks.encode(CODES), np.uint32)
    return codes[order].tobytes().decode(CODES)


def _classes_of(text: str) -> UInt8[np.ndarray, " characters"]:
    codes = np.frombuffer(text.encode(CODES, "surrogatepass"), np.uint32)
    found: UInt8[np.ndarray, " characters"] = _classes()[np.minimum(codes, LAST_MARK)]
    return found


@cache
def _classes() -> UInt8[np.ndarray, " codes"]:
    """For every code the class by which marks are ordered; 0 for what is none."""
    # Three vowel signs of Tibetan are marks only once they are taken apart.
    return np.array(
        [
            unicodedata.combining(unicodedata.normalize("NFD", chr(code))[0])
            for code in range(LAST_MARK + 1)
        ],
        np.uint8,
    )


@cache
def _of_several_parts() -> dict[str, str]:
    marks = map(chr, np.flatnonzero(_classes()).tolist())
    apart = {mark: unicodedata.normalize("NFD", mark) for mark in marks}
    return {mark: parts for mark, parts in apart.items() if mark != parts}
