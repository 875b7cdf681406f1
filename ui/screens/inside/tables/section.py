"""All tables over tokens, one under the other."""

import streamlit as st

from ui.i18n import _
from ui.screens.inside.question import Question
from ui.screens.inside.tables.direct import show_direct
from ui.screens.inside.tables.head import show_head
from ui.screens.inside.tables.pair import show_pair
from ui.screens.inside.tables.view import TableView, view_from_address


def show_tables(question: Question) -> None:
    """From a pair of tokens to the head, and to the pairs of the text."""
    view = view_from_address(question)
    _say_shown(view)
    show_pair(view)
    show_head(view)
    show_direct(view)


def _say_shown(view: TableView) -> None:
    shown = view.shown
    if shown.is_whole:
        return
    numbers = {"all": len(view.question.logits), "count": len(shown.ids)}
    st.caption(
        _(
            "This model knows {all:,} tokens; shown are {count} frequent ones of its training "
            "text.",
            **numbers,
        )
        if shown.of_training
        else _(
            "This model knows {all:,} tokens; shown are those of the text above, {count} of them.",
            **numbers,
        )
    )
