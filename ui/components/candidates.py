"""What could come at one place: a row for each token with its odds after each filter, and the die.

The die is a number between 0 and 1. Laid end to end in the order of the vocabulary, the odds that
are left make a line of that length; the token on whose stretch the number falls is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ui.components.drawing import packed_array, register_component, when_chosen
from ui.i18n import _
from ui.theme import palette
from ui.wording import glyph

HTML = """
<div class="root candidates">
<div class="die" hidden><canvas></canvas><div class="number"></div></div>
<div class="table" role="group"></div>
<button class="save more" type="button" hidden></button>
<div class="tip" hidden></div></div>
"""
FIRST_ROWS = 10
"""So many are seen at first, the others when asked for."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One token that could come."""

    token: str
    odds: Sequence[float]
    """After each stage."""
    came: bool = False
    """Whether it is the one that stands in the text."""


@dataclass(frozen=True, kw_only=True)
class Die:
    """The number that was cast and the line that it fell on."""

    number: float
    tokens: Sequence[str]
    """Whose stretches make the line, from 0 to 1; those that cannot come are left out."""
    ends: Float[np.ndarray, " tokens"]
    """Where each of them ends."""
    falls_on: int
    """The one that the number fell on."""


def candidates(
    rows: Sequence[Row],
    *,
    key: str,
    label: str,
    stages: Sequence[str],
    rest: tuple[str, Sequence[float]] | None,
    die: Die | None,
    on_choose: Callable[[int], None],
) -> None:
    """Show what could come; a click on a row chooses it.

    Args:
        rows: In the order in which they are shown.
        key: Of this component on its page.
        label: What it shows, for those who hear it.
        stages: What the columns of odds are called.
        rest: All other tokens as one: what they are called, and their odds together.
        die: Left out where nothing was drawn.
        on_choose: Called with the number of the row, counted from 0.
    """
    data = {
        "stages": list(stages),
        "rows": [
            {"token": glyph(row.token), "odds": [*row.odds], "came": row.came} for row in rows
        ],
        "first": FIRST_ROWS,
        "rest": {"name": rest[0], "odds": [*rest[1]]} if rest else None,
        "die": _sent(die) if die else None,
        "textScale": palette().scale,
        "words": {"label": label, **_words()},
    }
    register_component("candidates", HTML)(
        key=key, data=data, on_chosen_change=when_chosen(key, [len(rows)], on_choose)
    )


def _words() -> dict[str, str]:
    return {
        "token": _("token"),
        "more": _("Show {count} more, together {percent}", count="{count}", percent="{percent}"),
        "less": _("Show fewer"),
        "pick": _("Go on with {token}", token="{token}"),
        "came": _("stands in the text"),
        "percent": _("{percent} %", percent="{percent}"),
        "number": _("the number was {number}", number="{number}"),
        "stretch": _(
            "from {start} to {end}: {token}", start="{start}", end="{end}", token="{token}"
        ),
    }


def _sent(die: Die) -> dict[str, object]:
    return {
        "number": die.number,
        "tokens": [glyph(token) for token in die.tokens],
        "ends": packed_array(die.ends.astype(np.float64)),
        "fallsOn": die.falls_on,
    }
