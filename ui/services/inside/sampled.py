"""The beginning of what a run learnt from, as its model reads it; read once for all."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.inside.texts import training_sample
from minigpt.runs.directory import RunDirectory
from minigpt.sentences import N_
from minigpt.shapes import TokenStream
from ui.i18n import Later
from ui.services.runs import store, texts

SAMPLES = 8
NOT_HERE = N_(
    "The text that this model learnt from is not on this computer, so nothing can be looked up "
    "in it."
)


def sample_or_reason(run_id: str) -> TokenStream | MiniGPTError:
    """The beginning of what a run learnt from, or why it is not there."""
    run = store().open(run_id)
    try:
        require_here(run)
        return _sample(str(run.path))
    except MiniGPTError as error:
        return error


def is_here(run_id: str) -> bool:
    """Whether it is."""
    return not isinstance(sample_or_reason(run_id), MiniGPTError)


def require_here(run: RunDirectory) -> None:
    """Refuse a text that would have to be fetched: nobody who looks at a page asked for that.

    Raises:
        MiniGPTError: it is not on this computer.
    """
    chosen = run.config().corpus
    if chosen.path or chosen.name not in {one.name for one in texts() if one.is_ready()}:
        raise MiniGPTError(NOT_HERE)


def require_no_download(run: RunDirectory) -> None:
    """Refuse a text that is known but would have to be fetched, or that of a model from elsewhere.

    Raises:
        MiniGPTError: it is not on this computer.
    """
    config, there = run.config(), {one.name: one.is_ready() for one in texts()}
    if not there.get(config.corpus.name, not config.is_from_elsewhere):
        raise MiniGPTError(NOT_HERE)


# What a run learns from never changes: that is checked when it is read.
@st.cache_resource(
    max_entries=SAMPLES, show_spinner=Later(N_("Reading the text with the model's tokens …"))
)
def _sample(path: str) -> TokenStream:
    run = RunDirectory(path=store().root / path)
    return training_sample(run, run.tokenizer())
