"""Where each head looks, on any text."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.inspect.attention import choose_head, choose_text, show_head, tokens_are
from ui.services.models import traced

ensure_frame()

st.title(_("Attention"), anchor=False)
caption = st.empty()  # it speaks of the model that is chosen below
chosen = choose_model()
caption.caption(
    _(
        "To guess what comes next, each head of the model looks back at what came before. It "
        "sees the text as tokens, here {tokens_are}. Each row of the map is a token that looks; "
        "strong cells are the tokens it looks at.",
        tokens_are=tokens_are(chosen.trained.tokenizer.kind),
    )
)
text = choose_text(chosen)
try:
    trace = traced(chosen.run_id, chosen.step, text)
except MiniGPTError as error:
    messages.show_error(error)
    st.stop()
if not trace.layers:
    messages.empty(
        _(
            "This model has no attention: it looks at one token at a time. "
            "Choose a GPT above, or train one."
        ),
        page=page_file("train"),
        action=_("Train a GPT"),
    )
    st.stop()
layer, head = choose_head(trace)
show_head(trace, chosen, text, layer=layer, head=head)
