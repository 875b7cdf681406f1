"""What the rows and columns of the map of swaps are called."""

from ui.components.head_tiles import head_title
from ui.i18n import _
from ui.services.inside.swaps import SwapFigures
from ui.wording import glyph


def state_name(state: int) -> str:
    """Which state of the stream, in words."""
    return _("after layer {layer}", layer=state) if state else _("before layer 1")


def row_names(figures: SwapFigures) -> list[str]:
    """What each row swaps, in words."""
    rows = range(len(figures.moved))
    if not figures.heads:
        return [state_name(row) for row in rows]
    places = [divmod(row, figures.heads) for row in rows]
    return [
        _("layer {layer}, head {head}", layer=layer + 1, head=head + 1) for layer, head in places
    ]


def row_labels(figures: SwapFigures) -> list[str]:
    """The same in short: the number of a layer, or a head's."""
    rows = range(len(figures.moved))
    if not figures.heads:
        return [str(row) for row in rows]
    return [head_title(*divmod(row, figures.heads), "") for row in rows]


def token_name(figures: SwapFigures, place: int) -> str:
    """A token of the first text, and what stands there in the second where that differs."""
    one, other = glyph(figures.tokens[place]), glyph(figures.others[place])
    return one if one == other else f"{one}→{other}"
