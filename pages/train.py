"""Choose a text, a model and how to train it; see what it will be; start."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages, services, state, train_form
from ui.launch_box import describe
from ui.navigation import ensure_frame, page_file

ensure_frame()

st.title("Train a model", anchor=False)
steps, summary = st.columns([3, 2], gap="large")
with steps:
    corpus_name = train_form.choose_text()
    preset, form = train_form.choose_settings()

with summary, st.container(border=True, key="launch-box"):
    st.subheader("What you are about to start", anchor=False)
    try:
        config = train_form.configuration(preset, form, corpus_name)
        describe(preset, config, services.corpus(corpus_name))
    except MiniGPTError as error:
        form.complain(error)
        messages.show_error(error)
        st.stop()
    name = st.text_input("Name", placeholder="What to call this run", max_chars=80)
    if st.button("Start training", type="primary", icon=":material/play_arrow:"):
        with st.spinner("Starting …"), messages.errors_shown():
            run = services.begin(
                config, name=name or train_form.suggested_name(preset, corpus_name)
            )
        state.put_in_url(state.RUN, run.id)
        st.switch_page(page_file("run"), query_params={"run": run.id})
