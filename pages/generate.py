"""Continue a text with a trained model."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.generate import draw_text, first_prompt, knobs, show_last
from ui.session import url

ensure_frame()

st.title(_("Generate"), anchor=False)
chosen = choose_model()
prompt = url.write_lines(
    _("Begin with"), name=url.PROMPT, default=first_prompt(chosen.trained), longest=2000,
    help=_("The model continues this, one token at a time."),
)  # fmt: skip
try:
    sampling, tokens, seed = knobs()
    if st.button(
        _("Generate"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
    ):
        prompt = chosen.trained.tokenizer.known_form(prompt)
        draw_text(chosen, prompt, sampling, tokens=tokens, seed=seed)
    else:
        show_last()
except MiniGPTError as error:
    messages.show_error(error)
