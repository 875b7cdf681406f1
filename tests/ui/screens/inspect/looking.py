"""The page of attention, drawn by a test: one run, one text, whatever the address chooses."""

import torch

from minigpt.introspection.trace import trace
from minigpt.runs.trained_model import open_model

TEXT = "To be a sea"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text, show_next_token
    from ui.screens.inspect.one_head import choose_key, show_arithmetic, show_map, show_title
    from ui.screens.inspect.overview import look, show_overview
    from ui.screens.inspect.take_home import show_downloads
    from ui.services.models import traced, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    looked = look(chosen, text, traced(run_id, step, text))
    st.session_state["looked"] = looked
    show_overview(looked, [["", ""], ["", ""]])
    show_title(looked, "")
    key = choose_key(looked)
    show_map(looked, key)
    show_arithmetic(looked, key)
    show_downloads(looked)
    show_next_token(looked)


def traced(run, text):
    opened = open_model(run, step=20)
    return trace(opened.model, torch.tensor([opened.tokenizer.encode(text)]))
