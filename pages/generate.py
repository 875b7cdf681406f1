"""Continue a text with a trained model."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.generate import (
    draw_text,
    first_prompt,
    knobs,
    settings_of,
    show_beginning,
    show_earlier,
    show_written,
)
from ui.screens.inspect.attention import show_unknown
from ui.session import url

ensure_frame()

st.title(_("Generate"), anchor=False)
chosen = choose_model()
prompt = url.write_lines(
    _("Begin with"), name=url.PROMPT, default=first_prompt(chosen), longest=2000,
    help=_(
        "The model continues this, one token at a time. Left empty, it begins after a line break."
    ),
)  # fmt: skip
show_unknown(chosen, prompt)
show_beginning(chosen, prompt)
asked = None
try:
    sampling, tokens, seed = knobs()
    known = chosen.trained.tokenizer.known_form(prompt)
    asked = settings_of(chosen, known, sampling, tokens=tokens, seed=seed)
    if st.button(
        _("Generate"), type="primary", icon=":material/play_arrow:", shortcut="Ctrl+Enter"
    ):
        draw_text(chosen, asked)
    else:
        show_written(asked)
except MiniGPTError as error:
    messages.show_error(error)
show_earlier(asked)
