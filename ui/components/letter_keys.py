"""A keyboard on the screen, for guessing one letter after the other; real keys do the same."""

from collections.abc import Callable, Collection, Sequence

from ui.components.drawing import register_component, when_chosen
from ui.i18n import _
from ui.wording import glyph

HTML = """
<div class="root letter-keys" role="group"><div class="rows"></div>
<div class="heard" aria-live="polite"></div></div>
"""
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""As on most keyboards; what is on none of them comes below, the space last."""
SPACE = " "


def letter_keys(
    symbols: Sequence[str],
    *,
    key: str,
    label: str,
    tried: Collection[str],
    turn: int,
    said: str,
    on_choose: Callable[[int], None],
) -> None:
    """Show the keys; a click, a touch or a key on the keyboard chooses one.

    Args:
        symbols: What can be chosen, a character each.
        key: Of this keyboard on its page.
        label: What it is for, for those who hear it.
        tried: What cannot be chosen any more.
        turn: Differs after each choice; until then no further one is taken.
        said: What came of the last choice, for those who hear it.
        on_choose: Called with the place of a symbol, counted from 0.
    """
    data = {
        "rows": [[_key(symbols, one, tried) for one in row] for row in rows_of(symbols)],
        "turn": turn,
        "words": {"label": label, "said": said},
    }
    register_component("letter_keys", HTML)(
        key=key, data=data, on_chosen_change=when_chosen(key, [len(symbols)], on_choose)
    )


def rows_of(symbols: Sequence[str]) -> list[list[str]]:
    """What stands in each row.

    >>> rows_of([" ", ".", "a", "q"])
    [['q'], ['a'], ['.', ' ']]
    """
    letters = [[one for one in row if one in symbols] for row in ROWS]
    rest = [one for one in symbols if one not in "".join(ROWS) and one != SPACE]
    last = [*rest, *([SPACE] if SPACE in symbols else [])]
    return [row for row in (*letters, last) if row]


def _key(symbols: Sequence[str], one: str, tried: Collection[str]) -> dict[str, object]:
    is_space = one == SPACE
    return {
        "place": symbols.index(one),
        "symbol": one,
        "shown": _("space") if is_space else glyph(one),
        "wide": is_space,
        "tried": one in tried,
    }
