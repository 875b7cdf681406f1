"""One run, live."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.run.monitor import draw_run
from ui.services import runs
from ui.session import url
from ui.session.unheard import draw_anew

ensure_frame()

run_id = url.in_url(url.RUN)
if run_id is None:
    messages.show_empty_state(
        _("Choose a run to watch. Each one lives at its own address."),
        page=page_file("runs"),
        action=_("All runs"),
    )
    st.stop()
with messages.errors_shown():
    was_live = runs.snapshot(run_id).status.is_live


def live(run_id: str) -> None:
    try:
        run = runs.snapshot(run_id)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    if run.status.is_live != was_live:
        draw_anew()  # the whole page once more: the timer begins and ends with the run
    draw_run(run)


st.fragment(live, run_every=runs.TICK_SECONDS if was_live else None)(run_id)
