r"""The regular expressions that exported tokenizers hold, and how they are known again.

Python's regular expressions are rewritten so that the `tokenizers` library reads them alike:
engines disagree on what letters, digits and spaces are. Python's letters lack combining marks, its
spaces have the control characters 28 to 31. So each class of characters is written out.

A pattern from elsewhere can take for ever to match. Those made of the same steps as ours cannot,
whatever characters are in their classes: after a repetition nothing follows that could fail.
"""

import re
import sys
from functools import cache
from itertools import chain

from minigpt.tokenizers.word import UNKNOWN

PRIVATE_USE = range(0xF0000, 0xFFFFE)
"""Code points without a meaning of their own; hardly any text has one."""

# Letters, digits and marks keep apart, each with the space before it, as in GPT-2. Words end
# after 64 characters because the time to learn from a word grows faster than its length.
WORD = re.compile(
    r"'(?:[sdmt]|ll|ve|re)| ?[^\W\d_]{1,64}| ?\d{1,64}| ?(?:[^\w\s]|_){1,64}|\s{1,64}(?!\S)|\s"
)

CHARACTER = r"[\s\S]"
WORD_CUT = r"(?:(?<=\S) )?\w+(?:['’]\w+)*|\n|[^\S\n]+|[^\w\s]"
IMPLIED_SPACE = r"\A (?=\w)"
# A word that follows a mark, unless the mark is an apostrophe inside a word.
AT_JOINT = r"(?<=[^\w\s])(?<!\w['’])(?=\w)"
BEGINS_WORD = rf"\A(?=\w|{UNKNOWN}\z)"
GPT2_CUTS = (
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
)
"""As GPT-2 was published, and the same with its endings in one group."""

_CLASS = re.compile(r"\[(?:[^\]\\]|\\.)+\]|\\[wWsSdD]")
_WRITTEN_CLASS = re.compile(r"\[(?:\\x\{[0-9A-F]{1,6}\}-\\x\{[0-9A-F]{1,6}\})+\]")
_MARK = re.compile(f"[{chr(PRIVATE_USE.start)}-{chr(PRIVATE_USE.stop - 1)}]")
_SOME_CLASS, _SOME_MARK = "\0", chr(PRIVATE_USE.start)
_SURROGATES = range(0xD800, 0xE000)


def dispensable_mark(joint: str, before_word: str) -> str:
    """Where the mark before a word stands for no space."""
    return rf"(?:\A|(?<={joint})|(?<=\s)){before_word}"


def is_mark(text: str) -> bool:
    """Whether a text is one of the characters that exported tokenizers use as marks."""
    return _MARK.fullmatch(text) is not None


def is_known(pattern: str) -> bool:
    """Whether a pattern is GPT-2's or one that an export writes, with whatever classes.

    >>> is_known(CHARACTER), is_known("(a+)+$")
    (True, False)
    """
    if pattern in GPT2_CUTS or pattern == CHARACTER:
        return True
    # The classes differ between versions of Python, which know different characters.
    steps = _MARK.sub(_SOME_MARK, _WRITTEN_CLASS.sub(_SOME_CLASS, pattern))
    return _SOME_CLASS not in pattern and steps in _known_steps()


@cache
def _known_steps() -> frozenset[str]:
    ours = [WORD.pattern, WORD_CUT, IMPLIED_SPACE, AT_JOINT, BEGINS_WORD]
    ours.append(dispensable_mark(_SOME_MARK, _SOME_MARK))
    return frozenset(_CLASS.sub(_SOME_CLASS, pattern) for pattern in ours)


def written_out(pattern: str) -> str:
    r"""The pattern with every class of characters as a list of ranges.

    >>> print(written_out("[ab]|x"))
    [\x{61}-\x{62}]|x
    """
    return _CLASS.sub(lambda found: _ranges(found[0]), pattern)


@cache
def _ranges(character_class: str) -> str:
    runs = re.finditer(f"{character_class}+", _all_characters())
    ends = [(ord(run[0][0]), ord(run[0][-1])) for run in runs]
    written = "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in _whole(ends))
    return f"[{written}]"


def _whole(ends: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut in two what seems to run across the surrogates, which are no characters."""
    low, high = _SURROGATES.start - 1, _SURROGATES.stop
    return [
        part
        for first, last in ends
        for part in ([(first, low), (high, last)] if first <= low < last else [(first, last)])
    ]


@cache
def _all_characters() -> str:
    codes = chain(range(_SURROGATES.start), range(_SURROGATES.stop, sys.maxunicode + 1))
    return "".join(map(chr, codes))
