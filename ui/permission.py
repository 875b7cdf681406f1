"""Who may change whose runs, where a teacher has set a token for that."""

import streamlit as st

from minigpt.runs.limits import is_teacher, may_control
from ui import visit
from ui.services import store
from ui.visitor import current_owner


def may_change(run_id: str) -> bool:
    """Whether this visitor may stop, rename or delete a run.

    Raises:
        RunError: there is no such run.
    """
    return may_control(store().open(run_id), current_owner(), is_teacher(visit.teacher_token()))


def teachers_door() -> None:
    """Says that a run is somebody else's, and lets the teacher in."""
    with st.popover("Somebody else's run", icon=":material/lock:"):
        st.caption(
            "Only who started it and the teacher can stop, rename or delete it. "
            "Watching it and using its model is open to all."
        )
        given = st.text_input("Teacher's token", type="password", autocomplete="off")
        if not given:
            return
        if is_teacher(given):
            visit.remember_teacher_token(given)
            st.rerun()
        st.error("That is not the token.", icon=":material/error:")
