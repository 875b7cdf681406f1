"""All tables over tokens, one under the other."""

import streamlit as st

from ui.i18n import _
from ui.screens.inside.looked import Question
from ui.screens.inside.tables.asked import Asked, ask_tables
from ui.screens.inside.tables.direct import show_direct
from ui.screens.inside.tables.head import show_head
from ui.screens.inside.tables.pair import show_pair


def show_tables(question: Question) -> None:
    """From a pair of tokens to the head, and to the pairs of the text."""
    asked = ask_tables(question)
    _say_shown(asked)
    show_pair(asked)
    show_head(asked)
    show_direct(asked)


def _say_shown(asked: Asked) -> None:
    shown = asked.shown
    if shown.is_whole:
        return
    numbers = {"all": len(asked.question.logits), "count": len(shown.ids)}
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
