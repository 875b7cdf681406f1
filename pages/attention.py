"""Where each head looks, on any text."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import choose_model
from ui.i18n import _
from ui.navigation import ensure_frame, page_file
from ui.screens.inside.picture import show_here
from ui.screens.inspect.attention import (
    choose_text,
    introduce,
    show_next_token,
    show_unknown,
    summary,
)
from ui.screens.inspect.bars import show_bars
from ui.screens.inspect.film import choose_frame, frame_shown, play, playing, say_what_plays
from ui.screens.inspect.one_head import choose_key, show_arithmetic, show_map, show_title
from ui.screens.inspect.overview import look, show_overview
from ui.screens.inspect.report import (
    head_names,
    open_card,
    show_evidence,
    show_report,
)
from ui.screens.inspect.switchboard import heads_off, show_without, switch
from ui.screens.inspect.take_home import show_downloads
from ui.services.models import traced

ensure_frame()

st.title(_("Attention"), anchor=False)
if playing():
    play()
    st.stop()
caption = st.empty()  # it speaks of the model that is chosen below
chosen = choose_model(choose_frame)
introduce(chosen, caption)
text = choose_text(chosen)
show_unknown(chosen, text)
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
looked = look(chosen, text, trace)
card = open_card(looked)
names = head_names(looked, card)
frame = frame_shown(chosen)
show_overview(looked, names, frame=frame)
say_what_plays(chosen, frame)
show_title(looked, names[looked.layer][looked.head])
show_evidence(looked, card)
left, right = st.columns([3, 2], gap="large")
key = choose_key(looked)
with left:
    show_map(looked, key)
with right:
    show_here(looked)
    st.caption(summary(looked.weights))
    off = heads_off(chosen)
    switch(looked, off)
    show_arithmetic(looked, key)
    show_downloads(looked)
    show_next_token(looked)
show_without(looked, off)
show_report(looked, card)
show_bars(looked, card)
