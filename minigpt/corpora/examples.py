"""A line out of a text to try a model with: to look at in full, or to begin and let it go on.

And three passages to judge another text beside: one that was read, one half of it, one kept back.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

LINES_TRIED = 400
SHORTEST, LONGEST = 4, 120
LONGEST_PROMPT = 40
SHORTEST_PASSAGE, PASSAGE = 40, 240
FAR = 120
"""Characters within which a passage looks for a place where a line or a word begins."""
# Behind these a line asks for an answer: a sum, an exercise, a speaker's name.
_QUESTION = re.compile(r".{1,39}?[=>:](?=\s*\S|$)")


@dataclass(frozen=True)
class Example:
    """A line of a text, and a beginning of it for a model to continue."""

    line: str
    prompt: str


def example_of(text: str, can_read: Callable[[str], bool]) -> Example | None:
    r"""The first line of a text that a model can read in full; None where there is none.

    What stands before the first line end is left out: a part of a text may begin anywhere.

    Args:
        text: A text, or the part of it that a model never saw.
        can_read: Whether a model knows all that is in a line.

    >>> example_of("4\n12+34=46\n", lambda line: True)
    Example(line='12+34=46', prompt='12+34=')
    """
    lines = text[: LINES_TRIED * LONGEST].split("\n")
    whole = lines[1:] if len(lines) > 2 else lines
    for line in whole[:LINES_TRIED]:
        shown = _shortened(line.strip())
        if len(shown) >= SHORTEST and can_read(shown):
            return Example(shown, _beginning(shown))
    return None


def _shortened(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    return line[: line.rfind(" ", 0, LONGEST) if " " in line[:LONGEST] else LONGEST].rstrip()


def _beginning(line: str) -> str:
    """Up to what a line asks, else half of it, at a gap between words where there is one."""
    if question := _QUESTION.match(line):
        return question[0]
    half = min(LONGEST_PROMPT, (len(line) + 1) // 2)
    gap = line.find(" ", half)
    return line[:gap] if 0 < gap <= LONGEST_PROMPT else line[:half].rstrip()


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """What each of the three looks like."""

    read: str
    """A passage of the training text."""
    half: str
    """The beginning of that one, and then the end of the next."""
    kept: str
    """A passage of the text that was kept from training."""
    seam: int
    """The character of `half` at which the second half begins."""


def contrast(training: str, held_out: str) -> Contrast | None:
    """Three texts beside which another one can be judged; the same for all who ask.

    Args:
        training: The part of a text that a model learns from.
        held_out: The part that is kept from it.

    Returns:
        None where one of the parts is too short to show anything.
    """
    read, kept = _passage(training), _passage(held_out)
    if min(len(read), len(kept)) < SHORTEST_PASSAGE:
        return None
    seam, rest = _after_word(read, len(read) // 2), _after_word(kept, len(kept) // 2)
    return Contrast(read=read, half=read[:seam] + kept[rest:], kept=kept, seam=seam)


def _passage(text: str) -> str:
    """Whole lines of the middle, where the lines are short; else whole words, where there are."""
    start = _begin(text, max(0, (len(text) - PASSAGE) // 2))
    found = text[start : start + PASSAGE]
    if start + PASSAGE < len(text):
        for mark in "\n", " ":
            if (end := found.rfind(mark)) >= PASSAGE - FAR:
                return found[:end].strip()
    return found.strip()


def _begin(text: str, near: int) -> int:
    """The first character of a line, or else of a word, from there on."""
    if not near:
        return 0
    for mark in "\n", " ":
        if (found := text.find(mark, near, near + FAR)) >= 0:
            return found + 1
    return near


def _after_word(text: str, near: int) -> int:
    found = max(text.rfind(mark, near // 2, near) for mark in "\n ")
    return found + 1 if found >= 0 else near
