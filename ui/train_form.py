"""The three steps of the train page: the text, the model, the training."""

import streamlit as st

from minigpt.corpora import require_length
from minigpt.models import LADDER
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from ui import services, state
from ui.field_help import field_names
from ui.forms import Form

SHAPE_FIRST = ("context_length", "width", "num_layers", "num_heads")
TRAINING_FIRST = ("steps", "batch_size", "learning_rate", "evaluation_interval")


def choose_text() -> str:
    """Step 1; returns the text's key."""
    st.subheader("1 · The text", anchor=False)
    sources = {source.name: source for source in services.texts()}
    name = state.select(
        "Text", list(sources), name=state.CORPUS, default=services.first_corpus(),
        show=lambda one: sources[one].title,
        help="What the model learns to continue. Bring your own on the Text page.",
    )  # fmt: skip
    st.caption(sources[name].description)
    return name


def choose_settings() -> tuple[str, Form]:
    """Steps 2 and 3; returns the preset's key and what was changed on the form."""
    st.subheader("2 · The model", anchor=False)
    preset = state.pick(
        "Start from", list(PRESETS), name=state.PRESET, default="quick",
        show=lambda one: PRESETS[one].title,
    )  # fmt: skip
    st.caption(PRESETS[preset].description)
    config = PRESETS[preset].config
    if config.corpus.name != services.FIRST_CORPUS:
        title = services.corpus_title(config.corpus.name)
        st.caption(f"It is made for the text “{title}”; choose that one above.")
    form = Form(key=preset)
    _model(form, config)
    st.subheader("3 · The training", anchor=False)
    form.draw("training", config.training, TRAINING_FIRST)
    with st.expander("Advanced"):
        rest = [name for name in field_names(type(config.training)) if name not in TRAINING_FIRST]
        form.draw("training", config.training, rest)
        form.draw("logging", config.logging, field_names(type(config.logging)))
        form.draw_seed(config.seed)
    return preset, form


def _model(form: Form, config: RunConfig) -> None:
    rung = LADDER[config.rung]
    st.markdown(f"**{rung.title}.** {rung.lesson}")
    form.draw_tokenizer(config.tokenizer)
    names = field_names(type(config.model))
    first = [name for name in names if name in SHAPE_FIRST]
    with st.expander("Shape"):
        form.draw("model", config.model, first)
        form.draw("model", config.model, [name for name in names if name not in first])


def configuration(preset: str, form: Form, corpus_name: str) -> RunConfig:
    """What the form describes.

    Raises:
        ConfigurationError: a value cannot work; its field says which.
        CorpusError: the text cannot be had or is too short for the context.
    """
    config = PRESETS[preset].config.changed({**form.values, "corpus.name": corpus_name})
    require_length(services.corpus(corpus_name), config.model.context_length)
    return config


def suggested_name(preset: str, corpus_name: str) -> str:
    """A name for a run that was given none."""
    return f"{PRESETS[preset].title} on {services.corpus_title(corpus_name)}"
