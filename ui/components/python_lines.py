"""Lines of Python, coloured, that are there once somebody opens them.

What colours them is 1.5 MB, which so only those load who look at them.
"""

from collections.abc import Callable

import streamlit as st


@st.fragment
def python_lines(
    title: str, write: Callable[[], str], note: str, *, key: str, icon: str | None = None
) -> None:
    """Offer some lines under a title.

    Args:
        title: What they are.
        write: Gives the lines; asked once they are opened.
        note: A sentence below them.
        key: Of these lines on their page.
        icon: Before the title.
    """
    fold = st.expander(title, icon=icon, key=key, on_change="rerun")
    if fold.open:
        fold.code(write(), language="python")
        fold.caption(note)
