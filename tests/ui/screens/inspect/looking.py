"""The page of attention, drawn by a test: one run, one text, whatever the address chooses."""

import torch

from minigpt.checkpoints.weights import save_checkpoint
from minigpt.corpora import add_text
from minigpt.introspection.trace import trace
from minigpt.models.build import build_model
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.tokenizers import TOKENIZERS
from tests.ui.harness import made_run, tiny_config
from ui.components.model_picker import ChosenModel

TEXT = "To be a sea"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.inspect.attention import choose_text, show_next_token
    from ui.screens.inspect.head.stages import choose_key, show_arithmetic, show_map, show_title
    from ui.screens.inspect.overview import show_overview, view_from_address
    from ui.screens.inspect.take_home import show_downloads
    from ui.services.models import trace_of, trained_model

    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    text = choose_text(chosen)
    view = view_from_address(chosen, text, trace_of(run_id, step, text))
    st.session_state["view"] = view
    show_overview(view, [["", ""], ["", ""]])
    show_title(view, "")
    key = choose_key(view)
    show_map(view, key)
    show_arithmetic(view, key)
    show_downloads(view)
    show_next_token(view)


def traced(run, text):
    opened = open_model(run, step=20)
    return trace(opened.model, torch.tensor([opened.tokenizer.encode(text)]))


def chosen_of(text, *, tokenizer="character"):
    """A model that was trained on a text of its own."""
    corpus = add_text("Own", text)
    changes = {"corpus.name": corpus.name, "tokenizer.kind": tokenizer}
    run = made_run(config=tiny_config().changed(changes), steps=())
    made = TOKENIZERS[tokenizer].train(text)
    run.write("tokenizer", made.to_dict())
    model = build_model(run.config().model, vocabulary_size=made.vocabulary_size)
    saved = save_checkpoint(run.weights, model, step=20, validation_loss=None)
    return ChosenModel(run_id=run.id, step=20, trained=TrainedModel(model, made, saved))
