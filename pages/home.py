"""What this is, and the first thing to do."""

import streamlit as st

from ui import messages
from ui.navigation import ensure_frame, page_file
from ui.screens.home import run_cards
from ui.services import runs
from ui.session import identity
from ui.session.identity import current_owner

ensure_frame()

st.title("Train a small GPT, and look inside it", anchor=False)
st.markdown(
    "Pick a text. Watch noise turn into words as a model learns it. Then see what every part of "
    "the model does. *Every number on the screen is real and comes from your model.*"
)

now, demo, inside = st.columns(3, gap="large")
with now:
    st.subheader("Train one now", anchor=False)
    st.caption(
        "A small model on Shakespeare's plays, in less than half a minute. Without internet it "
        "reads Python's documentation instead."
    )
    if st.button("Train one now", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Fetching the text and starting …"), messages.errors_shown():
            # A double click asks twice for the same run.
            run = runs.train_one_now(owner=current_owner(), idempotency_key=identity.start_key())
        identity.forget_start_key()
        st.switch_page(page_file("run"), query_params={"run": run.id})
with demo:
    st.subheader("Play with a trained one", anchor=False)
    st.caption("A model that has read Shakespeare continues whatever you type.")
    st.page_link(page_file("generate"), label="Generate text", icon=":material/edit_note:")
with inside:
    st.subheader("Look inside", anchor=False)
    st.caption(
        "See which characters each attention head looks at, at any checkpoint of its training."
    )
    st.page_link(page_file("attention"), label="See attention", icon=":material/grid_on:")

st.divider()
st.subheader("Latest runs", anchor=False)
run_cards(runs.all_runs()[:6])
