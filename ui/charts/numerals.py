"""Numbers on ECharts figures in a language that writes them otherwise than English. Pure.

ECharts knows one way to write a number, with a comma between thousands. For another one the labels
of ticks are drawn here, as lines of their own, and what a tooltip says is worked out beforehand.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any, ParamSpec

from ui.charts.axes import log_ticks
from ui.i18n import language, numeral

MOST_TICKS = 7
ROUND = (1.0, 2.0, 2.5, 5.0, 10.0)
"""What a distance between ticks begins with."""
PRINTF = re.compile(r"%(\.\d+[fg])(.*)")
Spec = dict[str, Any]
P = ParamSpec("P")


def in_language(draw: Callable[P, Spec]) -> Callable[P, Spec]:
    """What draws a figure, with its numbers as the visitor writes them."""

    @wraps(draw)
    def drawn(*args: P.args, **named: P.kwargs) -> Spec:
        spec = draw(*args, **named)
        return spec if language() == "en" else _marked(spec)

    return drawn


def _marked(spec: Spec) -> Spec:
    axes = {name: spec[name] for name in ("xAxis", "yAxis") if spec[name]["type"] != "category"}
    drawn = {name: _without_labels(axis) for name, axis in axes.items()}
    # Lines begin at the first category, which is the far end where the first one is on top.
    at = "end" if spec["yAxis"].get("inverse") else "start"
    ticks = [mark for name, axis in axes.items() for mark in _marks(name, axis, at, spec["series"])]
    said = {**spec, **drawn, "series": [*spec["series"], _labels(ticks)]}
    return _told(said) if "valueFormatter" in spec["tooltip"] else said


def ticks_between(low: float, high: float) -> list[float]:
    """Round numbers at even distances, a handful of them.

    >>> ticks_between(0, 2000), ticks_between(1.1, 4.4)
    ([0.0, 500.0, 1000.0, 1500.0, 2000.0], [1.5, 2.0, 2.5, 3.0, 3.5, 4.0])
    """
    rough = (high - low or 1.0) / MOST_TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * one for one in ROUND if unit * one >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.6g}") for number in range(first, last + 1)]


def _without_labels(axis: Spec) -> Spec:
    """An axis that leaves room for labels as long as its own, and draws none and no lines."""
    return {
        **axis,
        "axisLabel": {**axis["axisLabel"], "color": "transparent"},
        "splitLine": {"show": False},
    }


def _marks(name: str, axis: Spec, at: str, series: Sequence[Spec]) -> Iterator[Spec]:
    """A line across the figure at each tick, with its number at the axis."""
    line, letters = axis["splitLine"]["lineStyle"], axis["axisLabel"]
    for tick in _ticks(name, axis, series):
        shown = {"formatter": axis_number(tick), "color": letters["color"], "position": at}
        yield {
            name: tick,
            "lineStyle": {**line, "type": "solid"},
            "label": {**shown, "fontSize": letters["fontSize"]},
        }


def _ticks(name: str, axis: Spec, series: Sequence[Spec]) -> list[float]:
    chosen = axis["axisLabel"].get("customValues")
    if chosen is not None:
        return list(chosen)
    low, high = _ends(name, axis, series)
    return log_ticks(low, high) if axis["type"] == "log" else ticks_between(low, high)


def _ends(name: str, axis: Spec, series: Sequence[Spec]) -> tuple[float, float]:
    place = 0 if name == "xAxis" else 1
    values = [_coordinates(point)[-1 if len(_coordinates(point)) == 1 else place]
              for one in series for point in one["data"]]  # fmt: skip
    is_bars = any(one["type"] == "bar" for one in series)
    low = axis.get("min", min([*([0.0] if is_bars else []), *values], default=0.0))
    return low, axis.get("max", max(values, default=1.0))


def _coordinates(point: Any) -> list[float]:
    value = point["value"] if isinstance(point, dict) else point
    return value if isinstance(value, list) else [value]


def _labels(marks: list[Spec]) -> Spec:
    return {
        "type": "line",
        "data": [],
        "silent": True,
        "tooltip": {"show": False},
        "markLine": {"symbol": "none", "silent": True, "animation": False, "z": 1, "data": marks},
    }


def _told(spec: Spec) -> Spec:
    """A figure whose points know what is to be said of all that lies above and below them."""
    found = PRINTF.fullmatch(spec["tooltip"]["valueFormatter"])
    form, unit = (found[1], found[2].replace("%%", "%")) if found else (".4g", "")
    lines: dict[float, list[str]] = {}
    shown = [one for one in spec["series"] if one.get("tooltip", {}).get("show", True)]
    for one in shown:
        for x, y in map(_coordinates, one["data"]):
            lines.setdefault(x, []).append(f"{one['name']}  {numeral(y, form)}{unit}")
    said = {
        x: "\n".join([f"{spec['xAxis']['name']} {axis_number(x)}", *rest])
        for x, rest in lines.items()
    }
    series = [_named(one, said) if one in shown else one for one in spec["series"]]
    told = {name: value for name, value in spec["tooltip"].items() if name != "valueFormatter"}
    told |= {"formatter": "{b0}", "extraCssText": "white-space: pre-line", "confine": True}
    return {**spec, "series": series, "tooltip": told}


def _named(line: Spec, said: dict[float, str]) -> Spec:
    points = map(_coordinates, line["data"])
    return {**line, "data": [{"name": said[x], "value": [x, y]} for x, y in points]}


def axis_number(number: float) -> str:
    """A number of an axis: no more digits than it has."""
    whole = number == int(number)
    return numeral(int(number), ",") if whole else numeral(number, ",.6g")


def labelled_bar(value: float, digits: int) -> dict[str, Any]:
    """A bar; one that is too short for a number of its own is not called zero."""
    form = f".{max(0, digits)}f"
    shown = numeral(value, form)
    if round(value, digits) == 0 and value > 0:
        shown = f"< {numeral(10.0**-digits, form)}"
    return {"value": round(value, digits), "label": {"formatter": shown}}
