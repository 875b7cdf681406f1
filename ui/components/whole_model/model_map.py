"""A whole model as one picture: the stream from tokens to logits, and every part that works on it.

The small form of the same picture says on other pages where one is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np

from ui.charts.shades import color_scale, shade_numbers
from ui.components.drawing import packed_bytes, register_component, when_chosen
from ui.i18n import _
from ui.theme import palette

HTML = """
<div class="root model-map" role="group">
<div class="controls" hidden><button class="play" type="button"></button>
<input type="range" min="0" value="0" step="1"><div class="said" aria-live="polite"></div></div>
<div class="drawing" tabindex="0" role="listbox"><svg role="presentation"></svg></div>
<button class="save" type="button" hidden></button></div>
"""
RowKind = Literal["words", "layer", "norm", "parts"]
RowWay = Literal["starts", "added", "replaced", "reads", ""]
"""How a row's parts meet the stream: it begins with them, they add to it, they take its place, or
they only read it."""


@dataclass(frozen=True, kw_only=True)
class PartBox:
    """One part that can be chosen."""

    title: str
    detail: str = ""
    """Its shapes, where there is room."""
    heard: str
    """All of it, for those who point or listen."""
    amount: float | None = None
    """What its colour says; none is left uncoloured."""


@dataclass(frozen=True, kw_only=True)
class MapRow:
    """What stands beside each other."""

    kind: RowKind
    title: str = ""
    parts: Sequence[PartBox] = ()
    way: RowWay = ""
    on_stream: bool = False
    """Of a norm: whether the stream itself goes through it, and not a copy."""


@dataclass(frozen=True, kw_only=True)
class MapStage:
    """One stage of a pass through the model."""

    parts: Sequence[int]
    """Which parts work, counted through the whole picture from 0."""
    words: str
    """What is so then."""


def model_map(
    rows: Sequence[MapRow],
    *,
    key: str,
    chosen: int | None,
    label: str,
    high: float = 1.0,
    stages: Sequence[MapStage] = (),
    before: str = "",
    small: bool = False,
    on_choose: Callable[[int], None],
) -> None:
    """Draw a model; a click or the arrow keys choose a part.

    Args:
        rows: From top to bottom.
        key: Of this picture on its page.
        chosen: The part that is chosen, counted through the whole picture from 0.
        label: What the picture is, for those who hear it.
        high: The amount of the strongest colour, above zero and below.
        stages: What can be played.
        before: What stands beside the controls before that.
        small: Without words: a map of where one is.
        on_choose: Called with the part that was chosen.
    """
    colors = palette()
    data = {
        "rows": _rows(rows, high),
        "chosen": chosen,
        "small": small,
        "stages": [{"parts": list(stage.parts), "words": stage.words} for stage in stages],
        "colors": packed_bytes(color_scale(colors.differences)),
        "textScale": colors.scale,
        "words": {
            "label": label, "before": before, "play": _("Play"), "pause": _("Pause"),
            "stage": _("Stage of the pass"), "save": _("Save as SVG"),
        },
    }  # fmt: skip
    told = when_chosen(key, [sum(len(row.parts) for row in rows)], on_choose)
    register_component("model_map", HTML)(key=key, data=data, on_chosen_change=told)


def _rows(rows: Sequence[MapRow], high: float) -> list[dict[str, object]]:
    numbers = count()
    return [
        {
            "kind": row.kind, "title": row.title, "way": row.way, "onStream": row.on_stream,
            "parts": [_box(part, next(numbers), high) for part in row.parts],
        }
        for row in rows
    ]  # fmt: skip


def _box(part: PartBox, index: int, high: float) -> dict[str, object]:
    shade = None
    if part.amount is not None:
        shade = int(shade_numbers(np.array(part.amount), low=-high, high=high))
    return {
        "index": index, "title": part.title, "detail": part.detail, "heard": part.heard,
        "shade": shade,
    }  # fmt: skip
