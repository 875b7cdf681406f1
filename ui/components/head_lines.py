"""What each token looks at as lines between tokens: the other picture of a map of weights."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float

from ui.components.drawing import LEGEND, packed_array, register_component, when_chosen
from ui.components.head_map import SAVE, Scale
from ui.i18n import _
from ui.theme import palette
from ui.wording import glyph, number

HTML = f"""
<div class="root head-lines" tabindex="0" role="img">
<canvas class="lines" aria-hidden="true"></canvas>{LEGEND.format(more=SAVE)}
<div class="tip" hidden></div></div>
"""


def head_lines(
    weights: Float[np.ndarray, "queries keys"],
    tokens: Sequence[str],
    *,
    key: str,
    scale: Scale,
    chosen: tuple[int, int],
    group: str,
    file: str,
    on_choose: Callable[[int, int], None],
) -> None:
    """Show the weights; a click or the arrow keys choose who looks, and at whom.

    Args:
        weights: A row for each token that looks; they are sent as they are, not rounded.
        tokens: The text of each token.
        key: Of this picture on its page.
        scale: At which weight a line is strongest.
        chosen: The token that looks and the one looked at, counted from 0.
        group: The strip's: pointing at a token points at it there.
        file: The name of the picture, when it is saved.
        on_choose: Called with the token that looks and the one looked at, counted from 0.
    """
    data = {
        "group": group,
        "tokens": [glyph(token) for token in tokens],
        "values": packed_array(weights.astype(np.float32)),
        "high": scale.high,
        "chosen": chosen,
        "textScale": palette().scale,
        "file": file,
        "words": _words(scale),
    }
    told = when_chosen(key, [len(tokens), len(tokens)], on_choose)
    register_component("head_lines", HTML)(key=key, data=data, on_chosen_change=told)


def _words(scale: Scale) -> dict[str, str]:
    end = number(scale.high)
    beyond = _("strongest line: {end} and more", end=end)
    return {
        "label": _(
            "The weights as lines: tokens that look below, tokens looked at above. Left and right "
            "choose the one that looks, up and down the one looked at."
        ),
        "low": _("no line: 0"),
        "high": beyond if scale.clipped else _("strongest line: {end}", end=end),
        "unit": _("{unit}; lines of other tokens are fainter", unit=scale.unit),
        "save": _("Save as PNG"),
        "pair": _("{query} looks at {key}, {value}", query="{query}", key="{key}", value="{value}"),
    }
