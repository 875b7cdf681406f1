"""An order to guess: each press puts one more possibility behind those that stand there."""

import streamlit as st

from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.learn.lesson import JOINT, Order


def guess_order(question: Order, key: str) -> str | None:
    """Let all be put in order; None until none is left."""
    placed = question.places(st.session_state.get(key))
    left = [one for one in question.options if one not in placed]
    st.caption(translated(question.first))
    lines = [
        f"{at}. {escape(translated(question.options[one]))}" for at, one in enumerate(placed, 1)
    ]
    if lines:
        st.markdown("\n".join(lines))
    if left:
        st.caption(_("Press what comes in place {place}.", place=len(placed) + 1))
    with st.container(horizontal=True, gap="small", key=f"{key}-left"):
        for one in left:
            st.button(
                translated(question.options[one]), key=f"{key}-{one}", on_click=_place,
                args=(key, [*placed, one]),
            )  # fmt: skip
        if placed:
            st.button(
                _("Take the last one back"), key=f"{key}-back", type="tertiary",
                icon=":material/undo:", on_click=_place, args=(key, placed[:-1]),
            )  # fmt: skip
    return None if left else JOINT.join(placed)


def _place(key: str, placed: list[str]) -> None:
    st.session_state[key] = JOINT.join(placed)
