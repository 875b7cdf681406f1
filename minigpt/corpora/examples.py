"""A line out of a text to try a model with: to look at in full, or to begin and let it go on."""

import re
from collections.abc import Callable
from dataclasses import dataclass

LINES_TRIED = 400
SHORTEST, LONGEST = 4, 120
LONGEST_PROMPT = 40
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
