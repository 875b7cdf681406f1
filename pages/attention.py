"""Where each head looks, on any text."""

import streamlit as st

from ui.components.model_picker import choose_model, slide_step
from ui.messages import show_refused
from ui.navigation import ensure_frame
from ui.screens.inspect.film import choose_frame, play_film, playing_film
from ui.screens.inspect.modes import choose_mode, require_attention
from ui.session import url

ensure_frame()

refused = url.note_refused()
mode = choose_mode()
if mode.has_film and playing_film():
    play_film()
    st.stop()
caption, told = st.empty(), st.empty()  # they speak of what is chosen below
chosen = choose_model(choose_frame if mode.has_film else slide_step)
require_attention(chosen)
mode.show(chosen, caption)
show_refused({name: asked for name, asked in refused.items() if name != url.RUN}, told)
