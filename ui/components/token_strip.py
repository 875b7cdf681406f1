"""A text as its tokens, each with a background that means something; one of them is chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ui.charts.shades import color_scale, shade_numbers
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

HTML = f"""
<div class="root strip" tabindex="0" role="listbox" aria-orientation="horizontal">
<div class="text"></div>{LEGEND.format(more="")}<div class="tip" hidden></div></div>
"""
SPACE = " "


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A number for each token, shown as its background."""

    values: Float[np.ndarray, " tokens"]
    high: float = 1.0
    """What the strongest colour stands for; more looks the same."""
    signed: bool = False
    """Whether numbers go below zero, as far as above; zero is then the background."""
    unit: str = ""
    """What the numbers are, in a few words under the text; no scale is drawn without."""


@dataclass(frozen=True, kw_only=True)
class Follows:
    """The background is what one head of the tiles in the same group looks at."""

    layer: int
    head: int
    is_difference: bool = False
    """Whether the tiles show more and less."""


def token_strip(
    tokens: Sequence[str],
    *,
    key: str,
    label: str,
    chosen: int | None,
    background: Channel | Follows | None = None,
    marks: Sequence[tuple[int, int]] = (),
    candidates: Sequence[Sequence[tuple[str, float]]] = (),
    notes: Sequence[str] = (),
    given: int = 0,
    group: str | None = None,
    leads_elsewhere: bool = False,
    stands_apart: bool = False,
    scrolls: bool = False,
    on_choose: Callable[[int], None],
) -> None:
    """Show a text; a click or the arrow keys choose a token.

    Args:
        tokens: The text of each token; any text.
        key: Of this strip on its page.
        label: What the text is, for those who hear it.
        chosen: The token that is chosen, counted from 0.
        background: What the colours mean.
        marks: Underlined spans, from the first token to the one after the last.
        candidates: For each token what may follow it, with probabilities, seen when pointed at.
        notes: For each token what is said of it when it is pointed at, above that; also heard.
        given: How many tokens at the beginning are paler, because they are not what it is about.
        group: What points at the same tokens together; nothing else unless given.
        leads_elsewhere: Whether another view follows a choice: arrow keys then only walk along the
            text, and Enter chooses.
        stands_apart: Whether each token is a box of its own, where they are things to choose from
            and no text to be read.
        scrolls: Whether a long text scrolls within a few lines, so that what is below stays near.
        on_choose: Called with the token that was chosen, counted from 0.
    """
    data = {
        "group": group or key,
        **_named(tokens, notes, stands_apart),
        "chosen": chosen,
        **_ground(background, label),
        "marks": [list(span) for span in marks],
        "candidates": [_offered(one) for one in candidates],
        "given": given, "leads": leads_elsewhere, "scrolls": scrolls,
    }  # fmt: skip
    register_component("token_strip", HTML)(
        key=key, data=data, on_chosen_change=when_chosen(key, [len(tokens)], on_choose)
    )


def _named(tokens: Sequence[str], notes: Sequence[str], stands_apart: bool) -> dict[str, object]:
    # In a text a space is seen by what stands around it.
    names = [one if one == SPACE and not stands_apart else glyph(one) for one in tokens]
    return {"tokens": names, "notes": list(notes), "apart": stands_apart}


def _ground(background: Channel | Follows | None, label: str) -> dict[str, object]:
    values = background if isinstance(background, Channel) else None
    follows = background if isinstance(background, Follows) else None
    words = {"label": label, **_words(values)}
    return {**_colours(values, follows), **_followed(follows), "words": words}


def _followed(head: Follows | None) -> dict[str, object]:
    return {
        "follows": head is not None,
        "layer": head.layer if head else None,
        "head": head.head if head else None,
    }


def _colours(values: Channel | None, follows: Follows | None) -> dict[str, object]:
    colors = palette()
    signed = bool(values and values.signed) or bool(follows and follows.is_difference)
    stops = colors.differences if signed else colors.weights
    low = -values.high if values and values.signed else 0.0
    shade = shade_numbers(values.values, low=low, high=values.high) if values else None
    return {
        "shades": None if shade is None else packed_array(shade),
        "colors": packed_bytes(color_scale(stops)),
        "signed": signed,
    }


def _words(values: Channel | None) -> dict[str, str]:
    named = {"space": _("space"), "next": _("then comes")}
    if not values or not values.unit:
        return {**named, "unit": "", "from": "", "to": ""}
    end = number(values.high)
    low = f"−{end}" if values.signed else "0"
    return {**named, "unit": values.unit, "from": low, "to": end}


def _offered(candidates: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(glyph(token), share) for token, share in candidates]
