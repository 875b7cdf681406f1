"""All runs."""

import streamlit as st

from ui import messages, services
from ui.navigation import ensure_frame, page_file
from ui.run_table import run_table

ensure_frame()

st.title("Runs", anchor=False)
st.caption("Every training run on this machine. Choose one to watch it or to look at its result.")
runs = services.runs()
if not runs:
    messages.empty(
        "Nothing has been trained here yet.", page=page_file("home"), action="Train one now"
    )
    st.stop()
chosen = run_table(runs)
if chosen:
    st.switch_page(page_file("run"), query_params={"run": chosen})
