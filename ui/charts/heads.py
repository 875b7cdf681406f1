"""What each head costs and where it looks, as bars: a still figure, drawn by Plotly.

Plotly is imported where a figure is made. It takes long to import, and most pages need none.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.i18n import _, number_marks, numeral
from ui.theme import Palette

if TYPE_CHECKING:
    from plotly.graph_objects import Figure as Figure

ROW_PIXELS, AROUND_PIXELS = 22, 92
"""Of a figure's height: for each head, and for the axis with its title and what stands above."""
ROOM = {"l": 8, "r": 20, "t": 28, "b": 48}
LETTERS = "Inter, sans-serif"
ZERO_WIDTH = "\u200b"
Fill = tuple[str, str]
"""The colours of a bar and of its edge."""


@dataclass(frozen=True, kw_only=True)
class HeadBar:
    """One head's number."""

    name: str
    """Its layer and its place there, such as 1.10, and what it is called, if anything."""
    value: float
    half_width: float = math.inf
    """Of the interval around the value; infinite where it is not known."""

    @property
    def is_sure(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.half_width < abs(self.value)


def silenced_chart(bars: Sequence[HeadBar], colors: Palette) -> "Figure":
    """By how much the loss rises without each head, in nats a token, with the intervals.

    A bar whose interval holds zero, or that has none, is gray.
    """
    known = [bar.half_width if math.isfinite(bar.half_width) else 0.0 for bar in bars]
    return _bars(
        bars,
        [_sure(colors) if bar.is_sure else _unsure(colors) for bar in bars],
        [_without(bar) for bar in bars],
        colors,
        title=_("change of the loss (nats per token)"),
        axis=zero_line(colors),
        error_x={
            "type": "data",
            "array": known,
            "visible": any(known),
            "color": colors.text,
            "thickness": 1.2,
            "width": 3,
        },
    )


def looks_chart(bars: Sequence[HeadBar], chance: float, colors: Palette) -> "Figure":
    """Shares of attention from 0 to 1, drawn in percent, and what chance would give."""
    figure = _bars(
        [HeadBar(name=bar.name, value=100 * bar.value) for bar in bars],
        [_sure(colors)] * len(bars),
        [
            _("{head}: {percent} %", head=bar.name, percent=numeral(100 * bar.value, ".1f"))
            for bar in bars
        ],
        colors,
        title=_("share of attention (%)"),
        axis={"range": [0, 100]},
    )
    figure.add_shape(
        type="line", xref="x", x0=100 * chance, x1=100 * chance, yref="paper", y0=0, y1=1,
        line={"dash": "dash", "color": colors.text, "width": 1.2},
    )  # fmt: skip
    figure.add_annotation(
        text=_("by chance {percent} %", percent=numeral(100 * chance, ".1f")),
        xref="x", x=100 * chance, yref="paper", y=1, yanchor="bottom", showarrow=False,
        xanchor="left" if chance < 0.5 else "right", font={"color": colors.text},
    )  # fmt: skip
    return figure


def as_page(figure: "Figure", title: str, colors: Palette) -> str:
    """A figure as a page of its own, which draws it without this app and without the net."""
    figure.update_layout(
        title={"text": literal_label(title)},
        margin={"t": colors.pixels(72)},
        paper_bgcolor=colors.weights[0],
    )
    page: str = figure.to_html(
        include_plotlyjs=True,
        config={"displaylogo": False, "toImageButtonOptions": {"format": "svg"}},
    )
    return page


def _without(bar: HeadBar) -> str:
    if not math.isfinite(bar.half_width):
        return _("{head}: {change}", head=bar.name, change=numeral(bar.value, "+.3f"))
    return _(
        "{head}: {change} ± {half}",
        head=bar.name, change=numeral(bar.value, "+.3f"), half=numeral(bar.half_width, ".3f"),
    )  # fmt: skip


def _bars(
    bars: Sequence[HeadBar], fills: list[Fill], hints: list[str], colors: Palette, *,
    title: str, axis: dict[str, Any], **more: Any,
) -> "Figure":  # fmt: skip
    """A row for each head in the order of the model, the first one on top."""
    import plotly.graph_objects as go

    inside, edges = zip(*fills, strict=True)
    names = [bar.name for bar in bars]
    return go.Figure(
        go.Bar(
            orientation="h",
            y=row_keys(names),
            x=[bar.value for bar in bars],
            marker={"color": inside, "line": {"color": edges, "width": 1}},
            hovertext=[literal_label(hint) for hint in hints],
            hoverinfo="text",
            **more,
        ),
        layout=row_layout(names, colors, title=title, axis=axis),
    )


def row_layout(
    names: list[str], colors: Palette, *, title: str, axis: dict[str, Any]
) -> dict[str, Any]:
    """The look that all figures with named rows have, for a figure to be made with.

    At one go: told to Plotly piece by piece it took five times as long, at every click.

    Args:
        names: of the rows.
        colors: of the page.
        title: of the axis of the numbers.
        axis: what else that axis has of its own.
    """
    letters = {"family": LETTERS, "size": colors.text_pixels}
    return {
        "height": colors.pixels(ROW_PIXELS * len(names) + AROUND_PIXELS),
        "margin": {side: colors.pixels(room) for side, room in ROOM.items()},
        "bargap": 0.35,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colors.text, **letters},
        "hoverlabel": {"font": {**letters, "size": colors.pixels(14)}},
        "dragmode": False,  # a finger that moves over it scrolls the page
        "separators": number_marks(),
        "xaxis": _number_axis(title, colors) | axis,
        "yaxis": _name_axis(names, colors),
    }


def _number_axis(title: str, colors: Palette) -> dict[str, Any]:
    letters = {"color": colors.reference, "size": colors.text_pixels}
    return {
        "type": "linear",
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": colors.faint,
        "tickfont": letters,
        "title": {"text": title, "font": letters, "standoff": colors.pixels(8)},
    }


def zero_line(colors: Palette) -> dict[str, Any]:
    """Of an axis of numbers that have a sign."""
    return {"zeroline": True, "zerolinecolor": colors.text, "zerolinewidth": 1}


def _name_axis(names: list[str], colors: Palette) -> dict[str, Any]:
    return {
        # Stated, because Plotly would take 1.1 and 1.10 for numbers, and for the same one.
        "type": "category",
        "fixedrange": True,
        "autorange": "reversed",
        "showgrid": False,
        "zeroline": False,
        "tickmode": "array",
        "tickvals": row_keys(names),
        "ticktext": [literal_label(name) for name in names],
        "automargin": True,
        "tickfont": {"color": colors.text, "size": colors.text_pixels},
        "ticklabelstandoff": colors.pixels(6),
    }


def _sure(colors: Palette) -> Fill:
    """Paler than its edge, so that lines across it can be seen."""
    return colors.weights[len(colors.weights) // 2], colors.validation_loss


def _unsure(colors: Palette) -> Fill:
    return colors.faint, colors.training_loss


def row_keys(names: Sequence[str]) -> list[str]:
    """What tells rows apart: Plotly draws all that is called the same on one row."""
    seen: Counter[str] = Counter()
    keys = []
    for name in names:
        keys.append(literal_label(name) + ZERO_WIDTH * seen[name])
        seen[name] += 1
    return keys


def literal_label(text: str) -> str:
    """A label as it is: Plotly reads tags and entities in labels."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
