r"""The regular expressions that cut texts into words, ours and those of exported tokenizers.

Vowel signs and accents that are characters of their own, as in Hindi, Thai, or any text of a Mac,
are no letters to Python's `\w`. Here they belong to the word they stand in, and so do the joiners
that Persian and Sinhala write inside words. Tokenizers of runs made before that cut as they did.

Expressions for the `tokenizers` library are rewritten so that it reads them as Python does:
engines disagree on what letters, digits and spaces are. So each class of characters is written out.

A pattern from elsewhere can take for ever to match. Those made of the same steps as ours cannot,
whatever characters are in their classes: after a repetition nothing follows that could fail.
"""

import re
import sys
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import chain

UNKNOWN = "<unk>"
"""Stands for every word that a word tokenizer has no token for."""
JOINS_MARKS = "joins_marks"
"""In the saved form of a tokenizer; one without it was made when marks were signs of their own."""

# Marks have their places in two stretches of Unicode, letters in one: the rest need not be read.
_PLACES_OF_MARKS = (range(0x300, 0x20000), range(0xE0100, 0xE01F0))
_PLACES_OF_LETTERS = range(0x33500)
_JOINERS = "\u200c\u200d"
# They turn signs into others: an emoji's colour, a circle around a digit. No word has them.
_SIGN_MARKS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0x20D0, 0x2100))))


@dataclass(frozen=True)
class WordCuts:
    """The expressions that cut texts, as Python understands them."""

    subword: str
    """Stretches of letters, of digits and of marks, each with the space before it."""
    word: str
    """Whole words, line ends, gaps and punctuation; a word comes with the space before it."""
    in_word: str
    """One character of a word."""
    implied_space: str
    """The space that need not be said before a word."""
    joint: str
    """A place between a mark and a word; an apostrophe inside a word is no such mark."""

    @property
    def compiled_subword(self) -> re.Pattern[str]:
        """The expression, ready to be used."""
        return re.compile(self.subword)


@cache
def word_cuts(*, joins_marks: bool) -> WordCuts:
    """The expressions with combining marks as parts of words, or as signs of their own.

    >>> [match[0] for match in word_cuts(joins_marks=True).compiled_subword.finditer("की है")]
    ['की', ' है']
    """
    marks = _ranges(_marks()) if joins_marks else ""
    letters = r"[^\W\d_]{1,64}"
    if joins_marks:
        letters = rf"[^\W\d_][{_ranges(_letters() | _marks())}]{{0,63}}"
    return WordCuts(
        # Letters, digits and marks keep apart, each with the space before it, as in GPT-2. Words
        # end after 64 characters because the time to learn from a word grows faster than its
        # length.
        subword=rf"'(?:[sdmt]|ll|ve|re)| ?{letters}"
        r"| ?\d{1,64}| ?(?:[^\w\s]|_){1,64}|\s{1,64}(?!\S)|\s",
        word=rf"(?:(?<=\S) )?{_word(marks)}|\n|[^\S\n]+|[^\w\s{marks}]",
        in_word=_in_word(marks),
        implied_space=rf"\A (?={_in_word(marks)})",
        joint=rf"(?<=[^\w\s{marks}])(?<!{_in_word(marks)}['’])(?={_in_word(marks)})",
    )


@cache
def units(*, joins_marks: bool) -> re.Pattern[str]:
    """What a word tokenizer makes a token of: a word after its gap, or one of the other things."""
    marks = _ranges(_marks()) if joins_marks else ""
    # Texts such as "<unk>" are cut into "<", "unk", ">", so no text can imitate a reserved name.
    # The first group is the gap before a word where one space is implied: " ", or "" to be joined.
    return re.compile(rf"(?:(?<=\S)( ?))?({_word(marks)})|\n|[^\S\n]+|[^\w\s{marks}]")


def _word(marks: str) -> str:
    one = _in_word(marks)
    return rf"{one}+(?:['’]{one}+)*"


def _in_word(marks: str) -> str:
    return rf"[\w{marks}]" if marks else r"\w"


@cache
def _marks() -> frozenset[str]:
    found = (chr(code) for place in _PLACES_OF_MARKS for code in place)
    marks = {one for one in found if unicodedata.category(one).startswith("M")}
    return frozenset((marks - _SIGN_MARKS) | set(_JOINERS))


@cache
def _letters() -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]", "".join(map(chr, _PLACES_OF_LETTERS))))


def _ranges(characters: frozenset[str]) -> str:
    """What stands between the brackets of a class of these characters, none of them ASCII signs."""
    ends: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if ends and code == ends[-1][1] + 1:
            ends[-1][1] = code
        else:
            ends.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ends)


PRIVATE_USE = range(0xF0000, 0xFFFFE)
"""Code points without a meaning of their own; hardly any text has one."""

CHARACTER = r"[\s\S]"
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


def begins_word(in_word: str) -> str:
    """A token that a space stands before unless something says that none does."""
    return rf"\A(?={in_word}|{UNKNOWN}\z)"


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
    cuts = [word_cuts(joins_marks=joins_marks) for joins_marks in (False, True)]
    ours = [
        pattern
        for cut in cuts
        for pattern in (
            cut.subword, cut.word, cut.implied_space, cut.joint, begins_word(cut.in_word)
        )
    ]  # fmt: skip
    ours.append(dispensable_mark(_SOME_MARK, _SOME_MARK))
    return frozenset(_CLASS.sub(_SOME_CLASS, pattern) for pattern in ours)


def written_out(pattern: str) -> str:
    r"""The pattern with every class of characters as a list of ranges.

    >>> print(written_out("[ab]|x"))
    [\x{61}-\x{62}]|x
    """
    return _CLASS.sub(lambda found: _class_written_out(found[0]), pattern)


@cache
def _class_written_out(character_class: str) -> str:
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
