"""One table of numbers as a large map: a cell for each pair, one of them chosen."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Float

from ui.charts.shades import color_scale
from ui.components.drawing import (
    LEGEND,
    packed_array,
    packed_bytes,
    register_component,
    when_chosen,
)
from ui.i18n import _
from ui.theme import palette
from ui.wording import glyph, number

SAVE = '<button class="save" type="button"></button>'
HTML = f"""
<div class="root head-map" tabindex="0" role="img">
<canvas class="map" aria-hidden="true"></canvas>{LEGEND.format(more=SAVE)}
<div class="tip" hidden></div></div>
"""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Which values the colours reach from and to."""

    low: float
    high: float
    unit: str
    """What the numbers are, in a few words."""
    clipped: bool = False
    """Whether some values lie beyond it."""

    @property
    def colors(self) -> Sequence[str]:
        """Two kinds of colour where values fall on both sides of zero."""
        return palette().differences if self.low < 0 else palette().weights


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Of which head a map shows the weights; step, layer and head counted as tiles count them."""

    step: int
    layer: int
    head: int


def head_map(
    values: Float[np.ndarray, "rows columns"],
    rows: Sequence[str],
    columns: Sequence[str],
    *,
    key: str,
    label: str,
    scale: Scale,
    causal: bool,
    chosen: tuple[int, int] | None,
    group: str,
    file: str,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
    cell: str | None = None,
    of: Weights | None = None,
    on_choose: Callable[[int, int], None],
) -> None:
    """Show the numbers; a click or the arrow keys choose a cell.

    Args:
        values: What the cells show; they are sent as they are, not rounded.
        rows: A label for each row.
        columns: A label for each column.
        key: Of this map on its page.
        label: What the map shows, for those who hear it.
        scale: What the colours stand for.
        causal: Whether cells above the diagonal do not exist.
        chosen: The row and column that are chosen, counted from 0.
        group: The strip's: pointing at a cell points at its tokens.
        file: The name of the picture, when it is saved.
        row_names: What rows are called where one is pointed at; tokens are columns alone then.
        column_names: What columns are called there; their place and label unless given.
        cell: What is said of a cell that is pointed at, with {row}, {column} and {value} in it.
        of: Where tiles of the group show the weights of all heads: which of them these are. When
            another one is chosen there, the map takes its shades from them until its numbers come.
        on_choose: Called with row and column, counted from 0.
    """
    data = {
        "group": group,
        **_labels(rows, columns),
        "values": packed_array(values.astype(np.float32)),
        **{"causal": causal, "chosen": chosen, "file": file, "of": of and asdict(of)},
        **{"rowNames": row_names, "columnNames": column_names},
        "words": _words(label, scale, cell),
        **_scale_data(scale),
    }
    told = when_chosen(key, [len(rows), len(columns)], on_choose)
    register_component("head_map", HTML)(key=key, data=data, on_chosen_change=told)


def _labels(rows: Sequence[str], columns: Sequence[str]) -> dict[str, object]:
    return {"rows": [glyph(one) for one in rows], "columns": [glyph(one) for one in columns]}


def _scale_data(scale: Scale) -> dict[str, object]:
    return {
        "low": scale.low,
        "high": scale.high,
        "colors": packed_bytes(color_scale(scale.colors)),
        "textScale": palette().scale,
    }


def _words(label: str, scale: Scale, cell: str | None) -> dict[str, str]:
    low, high = number(scale.low), number(scale.high)
    return {
        "label": label,
        "unit": scale.unit,
        "low": _("{end} and less", end=low) if scale.clipped and scale.low < 0 else low,
        "high": _("{end} and more", end=high) if scale.clipped else high,
        "save": _("Save as PNG"),
        "cell": cell
        or _("{row}, {column}: {value}", row="{row}", column="{column}", value="{value}"),
    }
