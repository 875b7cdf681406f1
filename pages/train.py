"""Choose a text, a model and how to train it; see what it will be; start."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.navigation import ensure_frame, page_file
from ui.screens.train.form import choose_settings, choose_text, configuration, suggested_name
from ui.screens.train.launch import describe, launch_box, start_button
from ui.screens.train.start import PAGE, choose_beginning, describes_form, is_ours
from ui.session import form_state

ensure_frame()

st.title("Train a model", anchor=False)
form_state.open_page(PAGE, owns=is_ours, begins=describes_form)
steps, summary = st.columns([3, 2], gap="large")
with steps:
    beginning = choose_beginning()
    corpus_name = choose_text(beginning)
    form = choose_settings(beginning)
form_state.say_soon()

with summary, launch_box():
    try:
        config = configuration(beginning, form, corpus_name)
        warnings = describe(beginning, config)
    except MiniGPTError as error:
        form.complain(error)
        messages.show_error(error)
        if fold := form.fold_of(error):
            st.caption(f"You can change it under “{fold}”.")
        st.stop()
    name = suggested_name(beginning, corpus_name)
    run = start_button(config, suggested_name=name, warnings=warnings)

if run is not None:
    st.switch_page(page_file("run"), query_params={"run": run.id})
