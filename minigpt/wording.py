"""Quantities as people read them: the same on the screen, on the command line and in warnings.

And texts as spreadsheets should: none is a formula.
"""

import math
import re
from collections.abc import Callable

from minigpt.sentences import N_, Sentence, numeral

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins a formula in some spreadsheet."""
CELL_WITHIN = re.compile(r'(?<=[;\t\r\n])(?="*[=+\-@])')
"""Where a part of a text would be a formula in a spreadsheet that parts cells at semicolons or
tabs: quotation marks are such to it only at the beginning of what it takes for a cell."""


def plain_cell(text: str) -> str:
    """A text for a table of comma-separated values that is no formula, nor is any part of it.

    As OWASP advises against CSV injection: a quotation mark in front makes it text.

    >>> plain_cell("=1+1"), plain_cell("a;=1+1"), plain_cell("a-b; c")
    ("'=1+1", "a;'=1+1", 'a-b; c')
    """
    inside = CELL_WITHIN.sub("'", text)
    return f"'{inside}" if inside.startswith(FORMULA) else inside


def duration(seconds: int | float) -> str:
    """A time span in its two largest units.

    >>> duration(80), duration(4.2), duration(7260)
    ('1 min 20 s', '4 s', '2 h 1 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return Sentence("{seconds} s", seconds=whole)
    if whole < 3600:
        return Sentence("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    if whole < 86400:
        hours, minutes = whole // 3600, whole % 3600 // 60
        return Sentence("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return Sentence("{days} d {hours} h", days=whole // 86400, hours=whole % 86400 // 3600)


GRAINS = {0: 1, 10: 5, 60: 30, 600: 60, 3600: 1800, 36_000: 3600, 86_400: 43_200}
"""From so many seconds on, a time that is only known roughly is told in steps of so many."""
ROUGH_UNITS = {
    86_400: (N_("{low} to {high} d"), N_("{amount} d")),
    3600: (N_("{low} to {high} h"), N_("{amount} h")),
    60: (N_("{low} to {high} min"), N_("{amount} min")),
    1: (N_("{low} to {high} s"), N_("{amount} s")),
}


def time_range(fastest: int | float, slowest: int | float) -> str:
    """Between two times, as roughly as such a thing is known; one time where they are the same.

    >>> time_range(41.7, 118), time_range(3.1, 3.4), time_range(4000, 9000)
    ('40 s to 2 min', '3 to 4 s', '1 to 2.5 h')
    >>> time_range(60, 60)
    'about 1 min'
    """
    low, high = _grained(fastest, math.floor), _grained(slowest, math.ceil)
    small, large = _rough_unit(low), _rough_unit(high)
    if low == high:
        return Sentence("about {span}", span=_rough(high, large))
    if small == large:
        both, _ = ROUGH_UNITS[large]
        return Sentence(both, low=numeral(low / small, "g"), high=numeral(high / large, "g"))
    return Sentence(
        "{fastest} to {slowest}", fastest=_rough(low, small), slowest=_rough(high, large)
    )


def rough_duration(seconds: int | float) -> str:
    """One time, as roughly as it is known before anything was measured.

    >>> rough_duration(28.6), rough_duration(265), rough_duration(748_512)
    ('30 s', '4.5 min', '8.5 d')
    """
    told = _grained(seconds, round)
    return _rough(told, _rough_unit(told))


def _grained(seconds: int | float, rounded: Callable[[float], int]) -> int:
    grain = max(step for least, step in GRAINS.items() if seconds >= least or not least)
    return max(1, rounded(max(0.0, seconds) / grain) * grain)


def _rough_unit(seconds: int) -> int:
    return next(unit for unit in ROUGH_UNITS if seconds >= unit)


def _rough(seconds: int, unit: int) -> str:
    _, one = ROUGH_UNITS[unit]
    return Sentence(one, amount=numeral(seconds / unit, "g"))
