"""What this is, and the first thing to do."""

import streamlit as st

from ui import messages
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.home import HEADS_HEIGHT, run_cards
from ui.services import runs
from ui.session import identity
from ui.session.identity import current_owner
from ui.theme import palette

ensure_frame()

st.title(_("Train a small GPT, and look inside it"), anchor=False)
st.markdown(
    _(
        "Pick a text. Watch noise turn into words as a model learns it. Then see what every part "
        "of the model does. *Every number on the screen is real and comes from your model.*"
    )
)

now, demo, lessons = st.columns(3, gap="large")
with now:
    st.subheader(_("Train one now"), anchor=False)
    if st.button(_("Train one now"), type="primary", icon=":material/play_arrow:"):
        with st.spinner(_("Fetching the text and starting …")), messages.errors_shown():
            # A double click asks twice for the same run.
            run = runs.train_one_now(owner=current_owner(), idempotency_key=identity.start_key())
        identity.forget_start_key()
        st.switch_page(page_file("run"), query_params={"run": run.id})
    if st.button(_("Grow a head that copies"), icon=":material/content_copy:"):
        with st.spinner(_("Starting …")), messages.errors_shown():
            run = runs.grow_copying_head(
                owner=current_owner(), idempotency_key=f"copying-{identity.start_key()}"
            )
        identity.forget_start_key()
        st.switch_page(page_file("run"), query_params={"run": run.id})
    st.caption(
        _(
            "A small model on Shakespeare's plays: about half a minute where nothing else runs, "
            "longer on a busy machine. Without internet it reads Python's documentation instead. "
            "Or watch an attention head learn to copy, in as short a time."
        )
    )
with demo:
    st.subheader(_("Play with the demo model"), anchor=False)
    with st.container(key="door-generate"):
        st.page_link(page_file("generate"), label=_("Generate text"), icon=":material/edit_note:")
    with st.container(key="door-attention"):
        st.page_link(page_file("attention"), label=_("See attention"), icon=":material/grid_on:")
    st.caption(
        _(
            "A model that has read Shakespeare continues whatever you type. Its attention heads "
            "look back at what came before: see where, at any checkpoint of its training."
        )
    )
with lessons:
    st.subheader(_("Learn step by step"), anchor=False)
    with st.container(key="door-learn"):
        st.page_link(page_file("learn"), label=_("Open the lessons"), icon=":material/school:")
    st.caption(_("Each short step asks what you expect, computes it and says why."))

heads = st.empty()
if has_demo := any(run.id == runs.DEMO_RUN for run in runs.all_runs()):
    heads.skeleton(height=palette().pixels(HEADS_HEIGHT))
st.divider()
st.subheader(_("Latest runs"), anchor=False)
run_cards(runs.all_runs()[:6])
if has_demo:
    # Last, and loaded here: it needs torch, which takes a second or two where nobody has used it
    # yet. All else is on the screen by then.
    from ui.screens.home_heads import show_heads

    with heads.container():
        show_heads()
