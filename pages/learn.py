"""Lessons, one step at a time: a question, what comes out, and why."""

import streamlit as st

from ui.navigation import ensure_frame
from ui.screens.learn.contents import show_learn

ensure_frame()

# On its own: a guess or a slider draws nothing else of the page again.
st.fragment(show_learn)()
