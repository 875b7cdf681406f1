"""How the axes of a chart over a training are laid out: units, ends, ticks. Pure."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minigpt.runs.analysis.curves import Curve
from minigpt.sentences import N_

FEWEST_TICKS = 4
MOST_DECADES = 8
TICKS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    tuple(1 + tenth / 10 for tenth in range(90)),
)
"""Where labels may stand within a factor of ten, from few to many."""
TIME_UNITS = (
    (180.0, N_("time (s)"), 1.0),
    (10_800.0, N_("time (min)"), 60.0),
    (259_200.0, N_("time (h)"), 3600.0),
)
LONGEST_UNIT = (N_("time (d)"), 86_400.0)
TOKEN_UNITS = (
    (1e4, N_("tokens"), 1.0),
    (1e7, N_("thousand tokens"), 1e3),
    (1e10, N_("million tokens"), 1e6),
)
LARGEST_UNIT = (N_("billion tokens"), 1e9)
LABEL_HEIGHT = 0.08
"""Of a label beside a line, as a share of the chart's height."""
WIDE_RANGE = 100.0
"""Highest over lowest value from which on a chart is easier to read on a logarithmic scale."""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """What a chart's points are measured in from left to right, and how they rise."""

    end: float
    """The right end, in the unit that is shown."""
    name: str = N_("step")
    """What stands under the axis, with its unit; marked for the catalogue."""
    unit: float = 1.0
    """What one of that unit is of the numbers in a curve."""
    log: bool = False
    """Whether equal distances upwards are equal factors."""

    def coordinate(self, number: float) -> float:
        """Where a number of a curve lies, in the unit that is shown."""
        return number if self.unit == 1.0 else float(f"{number / self.unit:.6g}")


def step_axes(last: int, *, log: bool = False) -> Axes:
    """From step 0 to the last one."""
    return Axes(end=max(1, last), log=log)


def time_axes(seconds: float, *, log: bool = False) -> Axes:
    """From the start of the training, in a unit that suits its length."""
    name, unit = _unit(seconds, TIME_UNITS, LONGEST_UNIT)
    return Axes(name=name, unit=unit, end=_end(seconds, unit), log=log)


def token_axes(tokens: float, *, log: bool = False) -> Axes:
    """By the number of tokens that were seen."""
    name, unit = _unit(tokens, TOKEN_UNITS, LARGEST_UNIT)
    return Axes(name=name, unit=unit, end=_end(tokens, unit), log=log)


def pass_axes(tokens: float, *, text: int, log: bool = False) -> Axes:
    """By how often as many tokens as the text has were seen."""
    unit = float(text)
    return Axes(name=N_("passes over the text"), unit=unit, end=_end(tokens, unit), log=log)


def value_range(values: Sequence[float], *, log: bool) -> dict[str, Any]:
    """The vertical axis of a loss, from just under the lowest to just over the highest value."""
    shown = [value for value in values if value > 0] if log else values
    if not shown:
        return {}
    lowest, highest = min(shown), max(shown)
    if log:
        return _log_range(lowest, highest)
    margin = 0.05 * (highest - lowest or 1.0)
    # Outwards to a tenth; to the nearest could leave a point outside.
    return {
        "min": math.floor(10 * max(0.0, lowest - margin)) / 10,
        "max": math.ceil(10 * (highest + margin)) / 10,
    }


def readable_labels(lines: Mapping[str, float], values: Sequence[float], *, log: bool) -> set[str]:
    """The names of horizontal lines that are far enough apart for their labels, highest first.

    Args:
        lines: height of each line by its name.
        values: all that the chart shows.
        log: whether equal distances upwards are equal factors.
    """

    def height(value: float) -> float:
        return math.log(max(value, sys.float_info.min)) if log else value

    heights = [height(value) for value in values]
    room = LABEL_HEIGHT * (max(heights) - min(heights)) if heights else 0.0
    readable: set[str] = set()
    last = math.inf
    for name, value in sorted(lines.items(), key=lambda line: -line[1]):
        if last - height(value) >= room:
            readable.add(name)
            last = height(value)
    return readable


def spans_widely(curve: Curve) -> bool:
    """Whether the values of a curve differ by large factors."""
    values = [value for _, value in positive_points(curve)]
    return bool(values) and max(values) / min(values) > WIDE_RANGE


def positive_points(curve: Curve) -> Curve:
    """The points that have a place on a logarithmic scale."""
    return [(x, value) for x, value in curve if value > 0]


def _log_range(lowest: float, highest: float) -> dict[str, Any]:
    low, high = float(f"{lowest * 0.97:.3g}"), float(f"{highest * 1.03:.3g}")
    ticks = {"customValues": log_ticks(low, high)}
    return {"type": "log", "min": low, "max": high, "axisLabel": ticks, "axisTick": ticks}


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones, about evenly spread by their factors."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / MOST_DECADES))
    ticks: list[float] = []
    for within in TICKS:
        decades = range(first, last + 1, stride)
        every = [float(f"{part * 10.0**decade:.6g}") for decade in decades for part in within]
        ticks = [tick for tick in every if low <= tick <= high]
        if len(ticks) >= FEWEST_TICKS:
            break
    return ticks


def round_stops(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two others, at even distances, for the marks of an axis.

    >>> round_stops(-1.12, 1.12), round_stops(2.05, 4.4), round_stops(0, 90)
    ([-1.0, -0.5, 0.0, 0.5, 1.0], [2.5, 3.0, 3.5, 4.0], [0.0, 20.0, 40.0, 60.0, 80.0])
    """
    span = high - low
    if not 0 < span < math.inf:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    for step in (power * factor for factor in (1, 2, 2.5, 5, 10)):
        # What lies at an end is meant to be in, whatever a float makes of it.
        places = range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)
        if len(places) <= most:
            break
    return [round(place * step, 12) for place in places]


def _unit(
    number: float, units: Sequence[tuple[float, str, float]], largest: tuple[str, float]
) -> tuple[str, float]:
    return next(((name, unit) for limit, name, unit in units if number < limit), largest)


def _end(number: float, unit: float) -> float:
    return float(f"{number / unit:.6g}") or 1.0


def named_below(axis: dict[str, Any], pixels: int) -> dict[str, Any]:
    """An axis whose name stands so far below and ends where the axis ends.

    In the middle of a short axis a name would be cut.
    """
    place = {"align": "right", "verticalAlign": "top", "padding": [pixels, 0, 0, 0]}
    letters = axis["nameTextStyle"] | place
    return axis | {"nameLocation": "end", "nameGap": 0, "nameTextStyle": letters}
