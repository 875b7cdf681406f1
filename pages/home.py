"""What this is, and the first thing to do."""

import streamlit as st

from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.home import (
    HEADS_HEIGHT,
    ask_why,
    demo_words,
    is_pressed,
    run_cards,
    start_training,
    trained_words,
)
from ui.services import runs
from ui.session import identity
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
problem = st.container()
with now:
    st.subheader(_("Train one now"), anchor=False)
    if is_pressed(_("Train one now"), type="primary", icon=":material/play_arrow:"):
        with st.spinner(_("Fetching the text and starting …")):
            start_training(runs.train_one_now, key=identity.pressed_key(), problem=problem)
    if is_pressed(_("Grow a head that copies"), icon=":material/content_copy:"):
        with st.spinner(_("Starting …")):
            copying_key = f"copying-{identity.pressed_key()}"
            start_training(runs.grow_copying_head, key=copying_key, problem=problem)
    st.caption(
        _(
            "A small model on Shakespeare's plays: about half a minute where nothing else runs, "
            "longer on a busy machine. Without internet it reads Python's documentation instead. "
            "Or watch an attention head learn to copy, in as short a time."
        )
    )
has_demo = any(run.id == runs.DEMO_RUN for run in runs.all_runs())
with demo:
    title = _("Play with the demo model") if has_demo else _("Play with what you train")
    st.subheader(title, anchor=False)
    doors = {"generate": _("Generate text"), "attention": _("See attention")}
    icons = {"generate": ":material/edit_note:", "attention": ":material/grid_on:"}
    with st.container(horizontal=True, gap="small"):
        for page, label in doors.items():
            with st.container(key=f"door-{page}", width="content"):
                st.page_link(page_file(page), label=label, icon=icons[page])
    with st.container(key="door-inside"):
        ask_why(has_demo=has_demo)
    st.caption(demo_words() if has_demo else trained_words())
with lessons:
    st.subheader(_("Learn step by step"), anchor=False)
    with st.container(key="door-learn"):
        st.page_link(page_file("learn"), label=_("Open the lessons"), icon=":material/school:")
    st.caption(_("Each short step asks what you expect, computes it and says why."))

heads = st.empty()
if has_demo:
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
