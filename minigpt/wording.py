"""Quantities as people read them: the same on the screen, on the command line and in warnings."""

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
