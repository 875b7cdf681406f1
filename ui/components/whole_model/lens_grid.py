"""What a model would say after each layer at each place of a text: a token a cell."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ui.charts.shades import color_scale, shade_numbers
from ui.components.drawing import (
    LEGEND,
    packed_array,
    packed_bytes,
    register_component,
    when_chosen,
)
from ui.theme import palette
from ui.wording import glyph

HTML = f"""
<div class="root lens-grid" tabindex="0" role="group"><div class="scroll"><table></table></div>
{LEGEND.format(more="")}<div class="tip" hidden></div></div>
"""


@dataclass(frozen=True, kw_only=True)
class LensCell:
    """The likeliest tokens there, with their probabilities, the likeliest first."""

    likeliest: Sequence[tuple[str, float]]
    is_final: bool
    """Whether the first is what the whole model says there."""


def lens_grid(
    rows: Sequence[str],
    tokens: Sequence[str],
    cells: Sequence[Sequence[LensCell]],
    *,
    key: str,
    label: str,
    unit: str,
    chosen: int,
    on_choose: Callable[[int, int], None],
) -> None:
    """Draw the table; a click or the arrow keys choose a place of the text.

    Args:
        rows: What each row is called, from the first stage to the last.
        tokens: The text.
        cells: For each row a cell for each token.
        key: Of this table on its page.
        label: What it is, for those who hear it.
        unit: What the colours are, in a few words.
        chosen: The place that is chosen, counted from 0.
        on_choose: Called with row and place, counted from 0.
    """
    sure = np.array([[cell.likeliest[0][1] for cell in row] for row in cells])
    data = {
        "rows": list(rows),
        "tokens": [glyph(token) for token in tokens],
        "cells": [
            [[(glyph(token), 100 * share) for token, share in cell.likeliest] for cell in row]
            for row in cells
        ],
        "final": [[cell.is_final for cell in row] for row in cells],
        "shades": packed_array(shade_numbers(sure, high=1.0)),
        "colors": packed_bytes(color_scale(palette().weights)),
        "chosen": chosen,
        "words": {"label": label, "unit": unit},
    }
    told = when_chosen(key, [len(rows), len(tokens)], on_choose)
    register_component("lens_grid", HTML)(key=key, data=data, on_chosen_change=told)
