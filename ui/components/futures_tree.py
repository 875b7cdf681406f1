"""A tree of what may come next: each token with its probability, opened and closed by a click."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ui.components.drawing import register_component, when_chosen
from ui.i18n import _
from ui.wording import glyph

HTML = """
<div class="root futures"><div role="tree"></div></div>
"""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the tree."""

    text: str
    """The token; of all others as one, what they are called."""
    depth: int
    """How many tokens come before it, after the text."""
    probability: float
    """After those."""
    of_path: float
    """Of the whole way to it."""
    is_open: bool = False
    is_rest: bool = False
    """Whether these are all others of the place, which cannot be opened."""


def futures_tree(
    lines: Sequence[Line], *, key: str, label: str, on_choose: Callable[[int], None]
) -> None:
    """Show a tree; a click, Enter or the arrow keys open and close a line.

    Args:
        lines: From top to bottom, each below what it follows.
        key: Of this tree on its page.
        label: What it shows, for those who hear it.
        on_choose: Called with the number of the line that is to be opened or closed, from 0.
    """
    data = {
        "lines": [
            {
                "text": line.text if line.is_rest else glyph(line.text),
                "depth": line.depth,
                "probability": line.probability,
                "ofPath": line.of_path,
                "open": line.is_open,
                "rest": line.is_rest,
            }
            for line in lines
        ],
        "words": {
            "label": label,
            "percent": _("{percent} %", percent="{percent}"),
            "path": _("the whole way {percent}", percent="{percent}"),
        },
    }
    told = when_chosen(key, [len(lines)], on_choose)
    register_component("futures_tree", HTML)(key=key, data=data, on_chosen_change=told)
