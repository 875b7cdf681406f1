"""Continue a text with a trained model, and ask about what it writes."""

import streamlit as st

from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.generate.modes import choose_mode

ensure_frame()

st.title(_("Generate"), anchor=False)
chosen = choose_model()
choose_mode().draw(chosen)
