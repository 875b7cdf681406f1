"""One run, live."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages, services, state
from ui.navigation import ensure_frame, page_file
from ui.run_monitor import draw_run

ensure_frame()

run_id = state.in_url(state.RUN)
if run_id is None:
    messages.empty(
        "Choose a run to watch. Each one lives at its own address.",
        page=page_file("runs"),
        action="All runs",
    )
    st.stop()
with messages.errors_shown():
    was_live = services.snapshot(run_id).status.is_live


def live() -> None:
    try:
        run = services.snapshot(run_id)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    if run.status.is_live != was_live:
        st.rerun()  # the whole page once more: the timer begins and ends with the run
    draw_run(run)


st.fragment(live, run_every=services.TICK_SECONDS if was_live else None)()
