"""Choose a text, a model and how to train it; see what it will be; start."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.train.form import choose_settings, choose_text, configuration, suggested_name
from ui.screens.train.launch import (
    describe_cost,
    launch_box,
    require_room,
    show_forecast,
    start_button,
)
from ui.screens.train.starting_point import PAGE, choose_starting_point, describes_form, is_page_key
from ui.services import runs
from ui.session.form_state import open_form

ensure_frame()

st.title(_("Train a model"), anchor=False)
state = open_form(PAGE, owns=is_page_key, restarts=describes_form)
steps, summary = st.columns([3, 2], gap="large")
with steps:
    starting_point = choose_starting_point()
    corpus_name = choose_text(starting_point)
    form = choose_settings(starting_point)
state.sync_url_soon()

with summary, launch_box():
    try:
        config = configuration(starting_point, form, corpus_name)
        runs.keep_fork_server()  # whose first copy times a few steps
        warnings = describe_cost(config)
        require_room(config)
    except MiniGPTError as error:
        form.complain(error)
        messages.show_error(error)
        if fold := form.fold_of(error):
            st.caption(_("You can change it under “{fold}”.", fold=fold))
        st.stop()
    name = runs.free_name(suggested_name(starting_point, corpus_name))
    run = start_button(config, suggested_name=name, warnings=warnings)
    show_forecast(starting_point, config)

if run is not None:
    st.switch_page(page_file("run"), query_params={"run": run.id})
