"""Widgets that choose one of several named things: the only place that makes such widgets.

The browser is told what an option is shown as, never the option itself, and answers with the same
words. Of two options shown alike Streamlit therefore hears only the last one chosen, whichever was
meant. So every name is made different here before a widget sees it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import streamlit as st

Callback = Callable[..., None]


def tell_apart(
    options: Iterable[str],
    show: Callable[[str], str],
    *,
    mark: Callable[[str], str] = str,
) -> dict[str, str]:
    """What to call each option beside the others; no two are called alike.

    Args:
        options: the options themselves, each different from the others.
        show: the name of an option, which another may have, too.
        mark: what is put behind a shared name; the whole option where marks are shared as well.

    >>> tell_apart(["a1", "b2", "c3"], {"a1": "My text", "b2": "My text", "c3": "Poem"}.get)
    {'a1': 'My text · a1', 'b2': 'My text · b2', 'c3': 'Poem'}
    """
    names = {option: show(option) for option in options}
    # Again, since a name with its mark may be what another one is called from the start.
    while shared := {name for name, times in Counter(names.values()).items() if times > 1}:
        names = {
            option: f"{name} · {mark(option)}" if name in shared else name
            for option, name in names.items()
        }
        mark = str
    return names


def select_box(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
    index: int = 0,
    help: str | None = None,
    disabled: bool = False,
    on_change: Callback | None = None,
    args: tuple[Any, ...] = (),
) -> str:
    """A list that folds out, for many or long names."""
    chosen: str = st.selectbox(
        label, options, key=key, format_func=_shown(options, show), index=index, help=help,
        disabled=disabled, on_change=on_change, args=args,
    )  # fmt: skip
    return chosen


def slider(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    on_change: Callback | None = None,
    args: tuple[Any, ...] = (),
) -> str:
    """Labelled stops on a line, for options in an order."""
    chosen: str = st.select_slider(
        label, options, key=key, format_func=_shown(options, show), help=help,
        label_visibility=label_visibility, on_change=on_change, args=args,
    )  # fmt: skip
    return chosen


def button_row(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
    label_visibility: Literal["visible", "collapsed"] = "visible",
    on_change: Callback | None = None,
    args: tuple[Any, ...] = (),
) -> str | None:
    """Joined buttons, one of them pressed, for two or three views of a thing."""
    chosen: str | None = st.segmented_control(
        label, options, key=key, format_func=_shown(options, show), help=help, required=True,
        wrap=True, label_visibility=label_visibility, on_change=on_change, args=args,
    )  # fmt: skip
    return chosen


def pills(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    show: Callable[[str], str] = str,
    help: str | None = None,
    on_change: Callback | None = None,
    args: tuple[Any, ...] = (),
) -> str | None:
    """Loose buttons, one of them pressed, for a handful of names."""
    chosen: str | None = st.pills(
        label, options, key=key, format_func=_shown(options, show), help=help, required=True,
        wrap=True, on_change=on_change, args=args,
    )  # fmt: skip
    return chosen


def _shown(options: Sequence[str], show: Callable[[str], str]) -> Callable[[str], str]:
    names = tell_apart(options, show)
    # A browser may still answer with what has been taken off the list meanwhile.
    return lambda option: names.get(option, option)
