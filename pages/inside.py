"""What each part of a model does to a text, down to a prediction as a sum that adds up."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.inside.looked import ask, choose_tokens
from ui.screens.inside.receipt import choose_part, show_odds, show_part, show_receipt
from ui.screens.inside.strip import explain_strip, show_strip
from ui.screens.inspect.attention import choose_text, show_unknown
from ui.services.inside import account
from ui.services.models import traced

ensure_frame()

st.title(_("Inside"), anchor=False)
explain_strip()
chosen = choose_model()
text = choose_text(chosen)
show_unknown(chosen, text)
try:
    question = ask(chosen, text, traced(chosen.run_id, chosen.step, text))
except MiniGPTError as error:
    messages.show_error(error)
    st.stop()
strip = st.container()
left, right = st.columns([2, 3], gap="large")
with left:
    choose_tokens(question)
    show_odds(question)
try:
    found = account(question.asked, question.position, question.token, question.against)
except MiniGPTError as error:
    with strip:
        show_strip(question, None, None)
    with right:
        messages.show_error(error)
    st.stop()
with left:
    part = choose_part(found)
    show_part(question, found, part)
with strip:
    show_strip(question, found, part)
with right:
    show_receipt(question, found)
