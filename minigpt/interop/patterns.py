"""Regular expressions of Python's, rewritten so that the `tokenizers` library reads them alike.

Engines disagree on what letters, digits and spaces are: Python's letters lack combining marks,
its spaces have the control characters 28 to 31. So each class of characters is written out.
"""

import re
import sys
from functools import cache
from itertools import chain

_CLASS = re.compile(r"\[(?:[^\]\\]|\\.)+\]|\\[wWsSdD]")
_SURROGATES = range(0xD800, 0xE000)


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
