"""Small figures as SVG: curves, tables too large for numbers in their cells, and maps as files."""

import base64
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from jaxtyping import Float

from ui.charts.axes import round_stops
from ui.charts.figures import MINUS, cell_text
from ui.charts.shades import color_scale, shade_numbers
from ui.i18n import _, numeral
from ui.theme import Palette
from ui.wording import glyph

WIDTH, HEIGHT = 470, 236
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 14, 40
LETTERS = 13
"""Their height, large enough where a figure is drawn three quarters as wide, on a telephone."""
FONT = "Inter, system-ui, sans-serif"
LEVELS = 16
Point = tuple[int | float, float]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Curves over a common axis, with what they are to be compared with."""

    title: str
    curves: Mapping[str, Sequence[Point]]
    across: str
    """What the axis from left to right counts."""
    digits: int = 2
    levels: Mapping[str, float] | None = None
    """Horizontal lines by name."""
    guess: float | None = None
    """The height that somebody expected at the end."""
    zero: bool = False
    """Whether the axis begins at zero."""

    def html(self, colors: Palette) -> str:
        """The picture; its numbers are in the words below it, too."""
        levels = dict(self.levels or {})
        if self.guess is not None:
            levels[_("your guess")] = self.guess
        points = [point for curve in self.curves.values() for point in curve]
        heights = [y for _x, y in points] + list(levels.values())
        low, high = (0.0 if self.zero else min(heights)), max(heights)
        room = 0.06 * (high - low or 1.0)
        frame = _Frame(
            left=min(x for x, _y in points), right=max(x for x, _y in points),
            low=low if self.zero else low - room, high=high + room,
        )  # fmt: skip
        parts = [
            self._axes(frame, colors),
            *(_level(frame, y, colors) for y in levels.values()),
            *(
                _curve(frame, curve, stroke)
                for curve, stroke in zip(self.curves.values(), colors.runs, strict=False)
            ),
            # Over the curves, which would strike them through.
            *(self._name_level(frame, name, y, colors) for name, y in levels.items()),
        ]
        drawn = picture(f"0 0 {WIDTH} {HEIGHT}", "".join(parts), self._alt(), 40)
        return f"{drawn}{self._keys(colors)}"

    def _alt(self) -> str:
        def ends_of(curve: Sequence[Point]) -> str:
            return " → ".join(cell_text(curve[place][1], self.digits) for place in (0, -1))

        ends = "; ".join(f"{name}: {ends_of(curve)}" for name, curve in self.curves.items())
        return f"{self.title}. {ends}"

    def _axes(self, frame: "_Frame", colors: Palette) -> str:
        marks = []
        for y in round_stops(frame.low, frame.high):
            height = numeral(y, ",.6g").replace("-", MINUS)
            marks += [
                f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{frame.y(y):.1f}" '
                f'y2="{frame.y(y):.1f}" stroke="{colors.faint}"/>',
                _words(LEFT - 6, frame.y(y) + 5, height, colors, "end"),
            ]  # fmt: skip
        for share in (0.0, 0.5, 1.0):
            x = frame.left + share * (frame.right - frame.left)
            x = round(x) if frame.right - frame.left >= 2 else x  # what is counted has no halves
            anchor = "end" if share == 1.0 else "middle"
            marks.append(_words(frame.x(x), HEIGHT - BOTTOM + 18, numeral(x, "g"), colors, anchor))
        across = _words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 5, self.across, colors, "middle")
        return "".join(marks) + across

    def _name_level(self, frame: "_Frame", name: str, y: float, colors: Palette) -> str:
        text = f"{name}: {cell_text(y, self.digits)}"
        ground = colors.weights[0]
        return _words(WIDTH - RIGHT - 4, frame.y(y) - 5, text, colors, "end", ground=ground)

    def _keys(self, colors: Palette) -> str:
        if len(self.curves) < 2:
            return ""
        keys = "".join(
            f'<span><i class="fig-line" style="border-left:6px solid {stroke}"></i>'
            f"{escape(name)}</span>"
            for name, stroke in zip(self.curves, colors.runs, strict=False)
        )
        return f'<div class="fig-keys">{keys}</div>'


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """Where numbers lie in the picture."""

    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Pixels from the left."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (value - self.left) / (self.right - self.left or 1)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        share = (value - self.low) / (self.high - self.low or 1)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def _level(frame: _Frame, y: float, colors: Palette) -> str:
    at = frame.y(y)
    return (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}" '
        f'stroke="{colors.reference}" stroke-dasharray="6 4"/>'
    )


def picture(box: str, content: str, alt: str, rem: int) -> str:
    """A drawing as a picture: Streamlit lets none into a page that is written as it is."""
    return (
        f'<img class="fig-picture" style="max-width:{rem}rem" alt="{escape(alt, quote=True)}" '
        f'src="{_address(box, content)}">'
    )


def _address(box: str, content: str, more: str = "") -> str:
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"{more}>{content}</svg>'
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode('utf-8')).decode('ascii')}"


def sparkline(title: str, curve: Sequence[Point], colors: Palette) -> str:
    """A curve alone, as wide as there is room and from its least to its greatest height.

    The numbers stand beside it: it tells its first and its last only to who cannot see it.
    """
    points = np.array([point for point in curve if np.isfinite(point).all()]).reshape(-1, 2)
    if len(points) < 2:
        return ""
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    across = 1000 * (points[:, 0] - left) / (right - left or 1)
    down = 100 * (high - points[:, 1]) / (high - low or 1)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across, down, strict=True))
    line = (
        f'<polyline points="{path}" fill="none" stroke="{colors.validation_loss}" '
        'stroke-width="2" vector-effect="non-scaling-stroke"/>'
    )
    ends = " → ".join(cell_text(points[end][1], 2) for end in (0, -1))
    address = _address("0 -3 1000 106", line, ' preserveAspectRatio="none"')
    style = "display:block;width:100%;height:3.5rem"
    return f'<img style="{style}" alt="{escape(f"{title}. {ends}")}" src="{address}">'


def _curve(frame: _Frame, curve: Sequence[Point], stroke: str) -> str:
    places = " ".join(f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in curve)
    dots = "".join(
        f'<circle cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="3" fill="{stroke}"/>'
        for x, y in (curve if len(curve) <= 20 else ())
    )
    return f'<polyline points="{places}" fill="none" stroke="{stroke}" stroke-width="1.8"/>{dots}'


def _words(x: float, y: float, text: str, colors: Palette, anchor: str, *, ground: str = "") -> str:
    halo = f'paint-order="stroke" stroke="{ground}" stroke-width="5" ' if ground else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{LETTERS}" '
        f'{halo}font-family="{FONT}" fill="{colors.reference}">{escape(text)}</text>'
    )


@dataclass(frozen=True, kw_only=True)
class Cells:
    """A large table as shades, sixteen of them, with labels along both sides."""

    title: str
    values: Float[np.ndarray, "rows columns"]
    rows: Sequence[str]
    columns: Sequence[str]
    high: float
    """What the strongest shade stands for; more looks the same."""
    low: float = 0.0
    every: int = 1
    """Each how manieth row and column has its label; where not each has, labels are larger."""

    def html(self, colors: Palette) -> str:
        """One path for each shade."""
        stops = colors.differences if self.low < 0 else colors.weights
        share = (np.nan_to_num(self.values) - self.low) / (self.high - self.low or 1.0)
        levels = (share.clip(0, 1) * (LEVELS - 1)).round().astype(int)
        paths = defaultdict(list)
        for (row, column), level in np.ndenumerate(levels):
            paths[int(level)].append(f"M{column} {row}h1v1h-1z")
        palette = color_scale(stops)
        drawn = "".join(
            f'<path fill="rgb({",".join(map(str, _color(palette, level)))})" d="{"".join(path)}"/>'
            for level, path in sorted(paths.items())
        )
        height, width = levels.shape
        side, above = 3.0, 2.2
        box = f"{-side} {-above} {width + side + 0.5} {height + above + 0.5}"
        cells = f'<g shape-rendering="crispEdges">{drawn}</g>{self._labels(colors)}'
        # A cell of few is no larger than one of many where labels are of one size.
        rem = 34 if self.every == 1 else min(34, round(0.52 * (width + side)))
        return picture(box, cells, self.title, rem)

    def _labels(self, colors: Palette) -> str:
        size = min(1.0, max(len(self.rows), 8) / 65 * 1.0) if self.every == 1 else 1.7
        style = f'font-size="{size:.2f}" fill="{colors.reference}" font-family="monospace"'
        rows = "".join(
            f'<text x="-0.4" y="{at + 0.8}" text-anchor="end" {style}>{escape(glyph(one))}</text>'
            for at, one in list(enumerate(self.rows))[:: self.every]
        )
        columns = "".join(
            f'<text x="{at + 0.5}" y="-0.4" text-anchor="middle" {style}>'
            f"{escape(glyph(one))}</text>"
            for at, one in list(enumerate(self.columns))[:: self.every]
        )
        return rows + columns


CELL, GAP, LETTER = 16, 6, 5.6
"""Of a map with numbers: the side of a cell, what is between it and a label, a letter's width."""


def numbered_map(
    values: Float[np.ndarray, "rows columns"],
    rows: Sequence[str],
    columns: Sequence[str],
    colors: Palette,
    *,
    low: float,
    high: float,
) -> bytes:
    """A file of a map: a cell for each number, which is told where one points at it.

    Args:
        values: What the cells show.
        rows: A label for each row.
        columns: A label for each column, written upwards.
        colors: Those of the theme.
        low: What one end of the scale stands for; below zero the scale has two colours.
        high: What the other end stands for; more looks the same.
    """
    scale = color_scale(colors.differences if low < 0 else colors.weights)
    left, above = (2 * GAP + LETTER * max(map(len, names), default=0) for names in (rows, columns))
    width, height = left + CELL * len(columns) + GAP, above + CELL * len(rows) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="JetBrains Mono, monospace" font-size="9" fill="{colors.text}">'
    ]
    for place, name in enumerate(columns):
        x, y = left + CELL * (place + 0.5) + 3, above - GAP
        parts.append(f'<text transform="translate({x:g} {y:g}) rotate(-90)">{escape(name)}</text>')
    for place, name in enumerate(rows):
        x, y = left - GAP, above + CELL * place + 11
        parts.append(f'<text x="{x:g}" y="{y:g}" text-anchor="end">{escape(name)}</text>')
    for (row, column), shade in np.ndenumerate(shade_numbers(values, low=low, high=high)):
        first = 3 * int(shade)
        parts.append(
            f'<rect x="{left + CELL * column:g}" y="{above + CELL * row:g}" width="{CELL}" '
            f'height="{CELL}" fill="#{scale[first : first + 3].hex()}">'
            f"<title>{numeral(float(values[row, column]), '.4f')}</title></rect>"
        )
    return "\n".join([*parts, "</svg>"]).encode("utf-8")


def _color(palette: bytes, level: int) -> tuple[int, int, int]:
    place = 3 * round(255 * level / (LEVELS - 1))
    return palette[place], palette[place + 1], palette[place + 2]
