"""Attention weights as a Plotly figure. Pure: every number comes in, none is made here."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float

from ui.i18n import _
from ui.theme import Palette
from ui.wording import axis_labels, glyph

CELL_PIXELS, LARGEST_PIXELS, SMALLEST_PIXELS = 24, 680, 360
MOST_LABELS = 64
"""Along each side of the map; with more tokens only every second, third ... one is labelled."""
COLORBAR = {
    "orientation": "h",
    "x": 0.0,
    "xanchor": "left",
    "y": -0.02,
    "yanchor": "top",
    "len": 0.5,
    "thickness": 8,
    "outlinewidth": 0,
    "nticks": 3,
}


def attention_heatmap(
    weights: Float[np.ndarray, "queries keys"], tokens: Sequence[str], colors: Palette
) -> go.Figure:
    """One head: a row for each token that looks, a column for each token it may look at.

    As large as what holds it; how tall that should be, `tallest` says.
    """
    labels = [_literal(label) for label in axis_labels(list(tokens))]
    # Cells above the diagonal lie in the future: they are not zero, they do not exist.
    visible = np.where(np.tri(len(tokens), dtype=bool), weights.astype(np.float32), np.nan)
    figure = go.Figure(
        go.Heatmap(
            z=visible,
            x=labels,
            y=labels,
            zmin=0.0,
            zmax=1.0,
            colorscale=_scale(colors),
            hoverongaps=False,
            colorbar=_colorbar(),
            **_gaps(len(tokens)),
            hovertemplate=_hover(),
        )
    )
    figure.update_layout(
        margin={"l": 28, "r": 8, "t": 28, "b": 56},
        plot_bgcolor="rgba(0,0,0,0)",
        paper_bgcolor="rgba(0,0,0,0)",
        font={"color": colors.text},
    )
    _label_axes(figure, tokens, labels, colors)
    return figure


def _colorbar() -> dict[str, Any]:
    words = _("share of the row's attention")
    return {**COLORBAR, "title": {"text": words, "side": "bottom"}}


def _hover() -> str:
    """What Plotly shows at a cell; it fills in the places with a per cent sign itself."""
    words = _("{query} looks at {key}", query="%{y}", key="%{x}")
    return f"{words}<br>{_('weight {weight}', weight='%{z:.4f}')}<extra></extra>"


def tallest(tokens: int) -> int:
    """Pixels of height that suit so many tokens where there is width enough."""
    return int(np.clip(tokens * CELL_PIXELS + 110, SMALLEST_PIXELS, LARGEST_PIXELS))


def _gaps(tokens: int) -> dict[str, int]:
    """A hairline between cells, where they are large enough to spare it."""
    gap = 1 if tokens <= MOST_LABELS else 0
    return {"xgap": gap, "ygap": gap}


def _label_axes(
    figure: go.Figure, tokens: Sequence[str], labels: Sequence[str], colors: Palette
) -> None:
    # Categories carry their position to stay apart; what is printed is the bare token.
    every = math.ceil(len(tokens) / MOST_LABELS)
    ticks = {
        # Stated, because Plotly would take labels such as "0  3" and "1  ." for numbers and put
        # their cells elsewhere.
        "type": "category",
        "tickvals": list(labels)[::every],
        "ticktext": [_literal(glyph(token)) for token in tokens][::every],
        "tickfont": {"family": "JetBrains Mono", "size": 11, "color": colors.text},
        "showgrid": False,
        "zeroline": False,
        "tickangle": 0,
        "ticks": "",
        "automargin": True,
    }
    figure.update_xaxes(**ticks, side="top", constrain="domain", constraintoward="left")
    figure.update_yaxes(
        **ticks, autorange="reversed", scaleanchor="x", constrain="domain", constraintoward="top"
    )


def _literal(text: str) -> str:
    """Plotly reads tags and entities in labels; a token such as "<b>" would vanish."""
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _scale(colors: Palette) -> list[tuple[float, str]]:
    last = len(colors.weights) - 1
    return [(index / last, color) for index, color in enumerate(colors.weights)]
