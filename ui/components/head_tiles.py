"""Every head of a model on one text: layers down, heads across, each a small map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from ui.charts.shades import LAST, color_scale, shade_numbers
from ui.components.drawing import (
    LEGEND,
    packed_array,
    packed_bytes,
    register_component,
    when_chosen,
)
from ui.i18n import _, ngettext
from ui.theme import palette
from ui.wording import glyph, number

HTML = f"""
<div class="root head-tiles" tabindex="0" role="listbox" aria-multiselectable="false">
<canvas class="tiles" aria-hidden="true"></canvas>{LEGEND.format(more="")}
<div class="heard"></div><div class="tip" hidden></div></div>
"""
MOST_BYTES, MOST_CELLS = 500_000, 128
"""Of all maps together, and along a side of one; longer texts share cells."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """What the shades stand for."""

    unit: str
    """In a few words, such as "share of the row's attention"."""
    high: float
    """The value of the strongest shade."""
    clipped: bool
    """Whether there are values beyond it, which look the same."""
    low: float = 0.0
    """The value of the first shade; where it is below zero, as far from there as `high`."""
    shares: bool = False
    """Whether they are the heads' weights, which a large map of one of them shows, too."""


def head_tiles(
    maps: Float[np.ndarray, "layers heads queries keys"],
    tokens: Sequence[str],
    *,
    key: str,
    measure: Measure,
    names: Sequence[Sequence[str]],
    group: str,
    step: int | None = None,
    order: Sequence[tuple[int, int]] | None = None,
    on_choose: Callable[[int, int], None],
) -> None:
    """Show all heads; a click or the arrow keys choose one.

    The token whose rows are shown beside the maps, and the chosen head, are those of the strip of
    the same group, so that choosing sends no map again.

    Args:
        maps: For each head a row for each token that looks, a column for each looked at.
        tokens: The text of each token.
        key: Of these tiles on their page.
        measure: What the shades stand for.
        names: What each head is called, as far as it has earned a name; else "".
        group: The strip's.
        step: Of the training, where a film may play: of which step these maps are.
        order: The heads in the order in which they are drawn, row by row; that of the model
            unless given.
        on_choose: Called with layer and head, counted from 0.
    """
    layers, heads = maps.shape[:2]
    every = tokens_per_cell(layers * heads, len(tokens))
    cells = _cells(maps, measure, every)
    data = {
        "group": group,
        "step": step,
        "size": cells.shape[-1],
        "every": every,
        "tokens": [glyph(token) for token in tokens],
        "cells": packed_array(cells[..., *np.tril_indices(cells.shape[-1])]),
        **_order_data(order, layers, heads),
        "words": _words(measure, every),
        **_names_data(names),
        **_scale_data(measure),
    }
    told = when_chosen(key, [layers, heads], on_choose)
    register_component("head_tiles", HTML)(key=key, data=data, on_chosen_change=told)


def _cells(
    maps: Float[np.ndarray, "layers heads queries keys"], measure: Measure, every: int
) -> UInt8[np.ndarray, "layers heads rows columns"]:
    shade = shade_numbers(maps, low=measure.low, high=measure.high)
    return thin_maps(shade, every, middle=middle_of(measure))


def _order_data(
    order: Sequence[tuple[int, int]] | None, layers: int, heads: int
) -> dict[str, object]:
    places = order or np.ndindex(layers, heads)
    return {
        "layers": layers,
        "heads": heads,
        "sorted": order is not None,
        "order": [list(place) for place in places],
    }


def _names_data(names: Sequence[Sequence[str]]) -> dict[str, object]:
    places = [[(layer, *one) for one in enumerate(row)] for layer, row in enumerate(names)]
    return {
        "titles": [[head_title(*one) for one in row] for row in places],
        "labels": [[_label(*one) for one in row] for row in places],
    }


def _scale_data(measure: Measure) -> dict[str, object]:
    colors = palette()
    scale = colors.differences if measure.low < 0 else colors.weights
    return {
        "low": measure.low,
        "end": measure.high,
        "clipped": measure.clipped,
        "shares": measure.shares,
        "colors": packed_bytes(color_scale(scale)),
        "textScale": colors.scale,
    }


def middle_of(measure: Measure) -> float:
    """The shade that stands for zero."""
    return LAST / 2 if measure.low < 0 else 0.0


def tokens_per_cell(heads: int, tokens: int) -> int:
    """How many tokens share a cell along each side, so that all maps stay small enough."""
    every = -(-tokens // MOST_CELLS)
    while heads * _triangle(-(-tokens // every)) > MOST_BYTES and every < tokens:
        every += 1
    return every


def thin_maps(
    shade: UInt8[np.ndarray, "layers heads queries keys"], every: int, *, middle: float = 0.0
) -> UInt8[np.ndarray, "layers heads rows columns"]:
    """Maps whose cells are the strongest of every so many; none is averaged away.

    Args:
        shade: All cells.
        every: How many tokens share a cell along each side.
        middle: The shade that is the weakest; the strongest is the one furthest from it.
    """
    size = shade.shape[-1]
    rest = -size % every
    filled = round(middle)
    whole = np.pad(shade, ((0, 0), (0, 0), (0, rest), (0, rest)), constant_values=filled)
    side = whole.shape[-1] // every
    blocks = whole.reshape(*shade.shape[:2], side, every, side, every)
    highest, lowest = blocks.max(axis=(3, 5)), blocks.min(axis=(3, 5))
    is_above = highest.astype(float) - middle >= middle - lowest.astype(float)
    strongest: UInt8[np.ndarray, "layers heads rows columns"] = np.where(is_above, highest, lowest)
    return strongest


def head_title(layer: int, head: int, name: str) -> str:
    """What stands over a tile."""
    place = f"{layer + 1}.{head + 1}"
    return f"{place} {name}" if name else place


def _triangle(size: int) -> int:
    return size * (size + 1) // 2


def _label(layer: int, head: int, name: str) -> str:
    if name:
        return _("Layer {layer}, head {head}: {name}", layer=layer + 1, head=head + 1, name=name)
    return _("Layer {layer}, head {head}", layer=layer + 1, head=head + 1)


def _words(measure: Measure, every: int) -> dict[str, str]:
    low, end = number(measure.low), number(measure.high)
    unit = measure.unit
    if every > 1:
        unit = ngettext(
            "{unit}; each cell is the strongest of {count} × {count} tokens",
            "{unit}; each cell is the strongest of {count} × {count} tokens",
            every,
            unit=unit,
        )
    return {
        "label": _(
            "All heads, layers down and heads across. Arrow keys choose one; the table of heads "
            "below says the same in numbers."
        ),
        "unit": unit,
        "low": _("{end} and less", end=low) if measure.clipped and measure.low < 0 else low,
        "end": _("{end} and more", end=end) if measure.clipped else end,
        "pair": _(
            "{layer}.{head}: {query} looks at {key}, {value}",
            layer="{layer}", head="{head}", query="{query}", key="{key}", value="{value}",
        ),
    }  # fmt: skip
