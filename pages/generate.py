"""Continue a text with a trained model, and ask about what it writes."""

import streamlit as st

from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.messages import show_refused
from ui.navigation import ensure_frame
from ui.screens.generate.modes import choose_mode
from ui.session import url

ensure_frame()

refused = url.note_refused()
st.title(_("Generate"), anchor=False)
told = st.empty()
chosen = choose_model()
choose_mode().draw(chosen)
texts = (url.PROMPT, url.PASSAGE, url.UNREAD)
show_refused({name: refused[name] for name in texts if name in refused}, told)
