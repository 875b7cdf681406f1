"""Quantities as people read them: the same on the screen, on the command line and in warnings."""

import math
from collections.abc import Callable

from minigpt.sentences import Sentence


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


GRAINS = {0: 1, 10: 5, 60: 10, 180: 30, 600: 60, 3600: 300, 4 * 3600: 1800, 86400: 3600}
"""From so many seconds on, a time that is only known roughly is told in steps of so many."""


def time_range(fastest: float, slowest: float) -> str:
    """Between two times, as roughly as such a thing is known; one time where they are the same.

    >>> time_range(41.7, 118), time_range(3.1, 3.4), time_range(4000, 9000)
    ('40 s to 2 min', '3 s to 4 s', '1 h 5 min to 2 h 30 min')
    >>> time_range(60, 60)
    'about 1 min'
    """
    low, high = _grained(fastest, math.floor), _grained(slowest, math.ceil)
    if low == high:
        return Sentence("about {span}", span=_rough(high))
    return Sentence("{fastest} to {slowest}", fastest=_rough(low), slowest=_rough(high))


def _grained(seconds: float, rounded: Callable[[float], int]) -> int:
    grain = max(step for least, step in GRAINS.items() if seconds >= least or not least)
    return max(1, rounded(max(0.0, seconds) / grain) * grain)


def _rough(seconds: int) -> str:
    """As `duration`, without a unit of which there is none."""
    if 3600 <= seconds < 86400 and seconds % 3600 == 0:
        return Sentence("{hours} h", hours=seconds // 3600)
    if 60 <= seconds < 3600 and seconds % 60 == 0:
        return Sentence("{minutes} min", minutes=seconds // 60)
    return duration(seconds)
