"""Where each head looks, on any text."""

import streamlit as st

from ui.components.model_picker import choose_model, slide_step
from ui.navigation import ensure_frame
from ui.screens.inspect.film import choose_frame, play, playing
from ui.screens.inspect.modes import choose_mode, require_attention

ensure_frame()

mode = choose_mode()
if mode.has_film and playing():
    play()
    st.stop()
caption = st.empty()  # it speaks of the model that is chosen below
chosen = choose_model(choose_frame if mode.has_film else slide_step)
require_attention(chosen)
mode.show(chosen, caption)
