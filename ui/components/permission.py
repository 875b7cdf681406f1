"""Who may change whose runs, where a teacher has set a token for that."""

from typing import Literal

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.jobs.limits import TokenGuesses, is_teacher, may_control
from minigpt.sentences import N_
from ui import messages
from ui.i18n import _, translated
from ui.services.runs import store
from ui.session import identity
from ui.session.identity import current_owner

ONE = N_("Somebody else's run")
GIVEN, TOO_EARLY = "given-token", "guessed-too-early"


def may_change(run_id: str) -> bool:
    """Whether this visitor may stop, rename or delete a run.

    Raises:
        RunError: there is no such run.
    """
    return may_control(store().open(run_id), current_owner(), is_teacher(identity.teacher_token()))


def teachers_door(
    label: str = ONE, *, type: Literal["secondary", "tertiary"] = "secondary"
) -> None:
    """Says that a run is somebody else's, and lets the teacher in."""
    with st.popover(translated(label), icon=":material/lock:", type=type):
        st.caption(
            _(
                "Only the person who started a run and the teacher can stop, rename or delete it. "
                "Watching it and using its model is open to all."
            )
        )
        if st.text_input(
            _("Teacher's token"),
            type="password",
            autocomplete="off",
            key=GIVEN,
            on_change=_try_token,
        ):
            early: MiniGPTError | None = st.session_state.get(TOO_EARLY)
            if early:
                messages.show_error(early)
            else:
                st.error(_("That is not the token."), icon=":material/error:")


@st.cache_resource(show_spinner=False)
def _guesses() -> TokenGuesses:
    return TokenGuesses()  # one for all visitors


def _try_token() -> None:
    # Before the page is drawn: then it is drawn for the teacher at once, without this door.
    given = st.session_state[GIVEN]
    st.session_state[TOO_EARLY] = None
    try:
        is_right = _guesses().is_right(given)
    except MiniGPTError as error:
        st.session_state[TOO_EARLY] = error
        return
    if is_right:
        identity.remember_teacher_token(given)
        st.toast(_("You can change everybody's runs now, until you leave or reload this page."))
