"""A text over all heads, one head stage by stage, and what each is for."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import MiniGPTError
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.screens.inside.picture import show_here
from ui.screens.inspect.attention import (
    choose_text,
    introduce,
    show_next_token,
    show_unknown,
    summary,
)
from ui.screens.inspect.bars import show_bars
from ui.screens.inspect.film import frame_shown, say_what_plays
from ui.screens.inspect.head.row import show_row
from ui.screens.inspect.head.stages import choose_key, show_arithmetic, show_map, show_title
from ui.screens.inspect.head.switchboard import heads_off, show_without, switch
from ui.screens.inspect.order import arrange
from ui.screens.inspect.overview import Look, look, say_if_pale, show_overview
from ui.screens.inspect.report import (
    head_names,
    open_card,
    show_evidence,
    show_report,
)
from ui.screens.inspect.take_home import show_downloads
from ui.services.models import traced


def show(chosen: ChosenModel, place: DeltaGenerator) -> None:
    """Everything that one text shows of one model."""
    introduce(chosen, place)
    text = choose_text(chosen)
    show_unknown(chosen, text)
    try:
        trace = traced(chosen.run_id, chosen.step, text)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    looked = look(chosen, text, trace)
    card = open_card(looked)
    names = head_names(looked, card)
    frame = frame_shown(chosen)
    show_overview(looked, names, frame=frame, arrange=partial(arrange, card))
    if frame is None:
        say_if_pale(looked)
    say_what_plays(chosen, frame)
    show_title(looked, names[looked.layer][looked.head])
    show_evidence(looked, card)
    _show_head(looked)
    show_report(looked, card)
    show_bars(looked, card)


def _show_head(looked: Look) -> None:
    left, right = st.columns([3, 2], gap="large")
    key, off = choose_key(looked), heads_off(looked.chosen)
    with left:
        show_map(looked, key)
        show_row(looked)
    with right:
        show_here(looked)
        st.caption(summary(looked.weights))
        switch(looked, off)
        show_arithmetic(looked, key)
        show_downloads(looked)
        show_next_token(looked)
    show_without(looked, off)
