"""What each part of a model does to a text, down to a prediction as a sum that adds up."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame
from ui.screens.inside.looked import ask
from ui.screens.inside.sections import choose_section, chosen_part, show_section
from ui.screens.inside.strip import explain_strip, show_strip
from ui.screens.inspect.attention import choose_text, show_unknown
from ui.services.inside.prediction import account_or_reason
from ui.services.models import traced
from ui.session import url

ensure_frame()

refused = url.note_refused()
st.title(_("Inside"), anchor=False)
explain_strip()
told = st.empty()
chosen = choose_model()
text = choose_text(chosen)
show_unknown(chosen, text)
try:
    question = ask(chosen, text, traced(chosen.run_id, chosen.step, text))
except MiniGPTError as error:
    messages.show_error(error)
    st.stop()
found = account_or_reason(question.asked, question.position, question.token, question.against)
show_strip(question, found, chosen_part(found))
show_section(choose_section(), question, found)
# Of the two next tokens one may be chosen that the address has for the other, which is no error.
known = {url.RUN, url.NEXT, url.AGAINST}
messages.show_refused({name: asked for name, asked in refused.items() if name not in known}, told)
