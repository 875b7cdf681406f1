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
    show_introduction,
    show_next_token,
    show_unknown,
    summarise_head,
)
from ui.screens.inspect.bars import show_bars
from ui.screens.inspect.film import frame_shown, say_what_plays
from ui.screens.inspect.head.row import show_row
from ui.screens.inspect.head.stages import choose_key, show_arithmetic, show_map, show_title
from ui.screens.inspect.head.switchboard import heads_off, show_switch, show_without
from ui.screens.inspect.order import choose_arrangement
from ui.screens.inspect.overview import AttentionView, say_if_pale, show_overview, view_from_address
from ui.screens.inspect.report import (
    head_names,
    open_card,
    show_evidence,
    show_report,
)
from ui.screens.inspect.take_home import show_downloads
from ui.services.models import trace_of


def show(chosen: ChosenModel, place: DeltaGenerator) -> None:
    """Everything that one text shows of one model."""
    show_introduction(chosen, place)
    text = choose_text(chosen)
    show_unknown(chosen, text)
    try:
        trace = trace_of(chosen.run_id, chosen.step, text)
    except MiniGPTError as error:
        messages.show_error(error)
        return
    view = view_from_address(chosen, text, trace)
    card = open_card(view)
    names = head_names(view, card)
    frame = frame_shown(chosen)
    show_overview(view, names, frame=frame, arrange=partial(choose_arrangement, card))
    if frame is None:
        say_if_pale(view)
    say_what_plays(chosen, frame)
    show_title(view, names[view.layer][view.head])
    show_evidence(view, card)
    _show_head(view)
    show_report(view, card)
    show_bars(view, card)


def _show_head(view: AttentionView) -> None:
    left, right = st.columns([3, 2], gap="large")
    key, off = choose_key(view), heads_off(view.chosen)
    with left:
        show_map(view, key)
        show_row(view)
    with right:
        show_here(view)
        st.caption(summarise_head(view.weights))
        show_switch(view, off)
        show_arithmetic(view, key)
        show_downloads(view)
        show_next_token(view)
    show_without(view, off)
