"""What each part of a model does to a text, down to a prediction as a sum that adds up."""

import streamlit as st

from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.inside.sections import show_text
from ui.screens.inside.strip import explain_strip
from ui.screens.inspect.attention import choose_text, show_unknown
from ui.session import url

ensure_frame()

refused = url.note_refused()
st.title(_("Inside"), anchor=False)
explain_strip()
chosen = choose_model()
text = choose_text(chosen)
show_unknown(chosen, text)
show_text(chosen.run_id, chosen.step, text, refused)
