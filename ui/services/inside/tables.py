"""Heads as tables over tokens; computed once, whoever looks."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.receipt import require_receipt
from minigpt.introspection.circuits.single_tokens import (
    PositionKind,
    SingleTokens,
    position_kind,
    read_alone,
)
from minigpt.introspection.circuits.tables import (
    Agreement,
    agreement,
    output_value_table,
    query_key_table,
)
from minigpt.models.language_model import LanguageModel
from ui.services.inside.prediction import Key, ModelOnText
from ui.services.inside.sampled import sample_or_reason
from ui.services.models import trace_of, trained_model

MOST_TOKENS, OF_MANY = 128, 64
"""Of a vocabulary that is shown as a whole, and of one that is not."""
TABLES = 128
Numbers = Float[np.ndarray, "rows columns"]
OfModel = tuple[str, str, int, str]
"""The folder of runs, a run, a step, the weights' checksum."""


@dataclass(frozen=True, kw_only=True)
class ShownTokens:
    """The tokens that have a row and a column."""

    ids: tuple[int, ...]
    is_whole: bool
    """Whether that is the whole vocabulary."""
    of_training: bool
    """Where it is not: whether they are the most frequent of the training text, or of the text
    that is looked at."""


def shown_tokens(model_on_text: ModelOnText, wanted: tuple[int, ...]) -> ShownTokens:
    """All tokens of a small vocabulary, the most frequent of a large one; those wanted anyway."""
    trained = trained_model(model_on_text.run_id, model_on_text.step)
    if trained.tokenizer.vocabulary_size <= MOST_TOKENS:
        every = tuple(range(trained.tokenizer.vocabulary_size))
        return ShownTokens(ids=every, is_whole=True, of_training=True)
    sample = sample_or_reason(model_on_text.run_id)
    of_training = not isinstance(sample, MiniGPTError)
    stream = sample if of_training else torch.tensor(trained.tokenizer.encode(model_on_text.text))
    assert isinstance(stream, Tensor)
    counts = torch.bincount(stream.long(), minlength=trained.tokenizer.vocabulary_size)
    known = int((counts > 0).sum())
    frequent = counts.topk(min(OF_MANY, known)).indices.tolist()
    ids = tuple(dict.fromkeys([*frequent, *wanted]))
    return ShownTokens(ids=ids, is_whole=False, of_training=of_training)


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where two tokens stand, counted from 0."""

    looking: int
    looked_at: int


def what_it_looks_for(
    model_on_text: ModelOnText, head: tuple[int, int], tokens: tuple[int, ...], places: Places
) -> Numbers:
    """The query-key table of a head.

    Raises:
        MiniGPTError: there is no such table.
    """
    return _queried(model_on_text.key[:4], head, tokens, places)


@st.cache_data(max_entries=TABLES, show_spinner=False)
def _queried(
    of: OfModel, head: tuple[int, int], tokens: tuple[int, ...], places: Places
) -> Numbers:
    model = trained_model(of[1], of[2]).model
    looking, looked_at = (
        tokens_alone(model, tokens, place) for place in (places.looking, places.looked_at)
    )
    return as_numbers(query_key_table(model, *head, looking=looking, looked_at=looked_at))


def what_it_makes_likely(
    model_on_text: ModelOnText, head: tuple[int, int], tokens: tuple[int, ...], places: Places
) -> Numbers:
    """The columns of the shown tokens in the output-value table of a head.

    Raises:
        MiniGPTError: there is no such table.
    """
    return _found(model_on_text.key[:4], head, tokens, places)


@st.cache_data(max_entries=TABLES, show_spinner=False)
def _found(of: OfModel, head: tuple[int, int], tokens: tuple[int, ...], places: Places) -> Numbers:
    model = trained_model(of[1], of[2]).model
    found = tokens_alone(model, tokens, places.looked_at)
    return as_numbers(output_value_table(model, *head, found)[:, list(tokens)])


def agreement_of(model_on_text: ModelOnText, head: tuple[int, int]) -> Agreement:
    """How near the first of them comes to the head's scores on a text.

    Raises:
        MiniGPTError: there is no such table.
    """
    return _agreed(model_on_text.key, head)


@st.cache_data(max_entries=TABLES, show_spinner=False)
def _agreed(key: Key, head: tuple[int, int]) -> Agreement:
    _root, run_id, step, _sha256, text = key
    trained = trained_model(run_id, step)
    tokens = torch.tensor([trained.tokenizer.encode(text)])
    return agreement(trained.model, *head, tokens, trace_of(run_id, step, text).layers[head[0]])


def reason_for_no_sum(model_on_text: ModelOnText) -> MiniGPTError | None:
    """Why the model's logits are no sum over its parts; None where they are."""
    try:
        require_receipt(trained_model(model_on_text.run_id, model_on_text.step).model)
    except MiniGPTError as reason:
        return reason
    return None


def kind_of_positions(model_on_text: ModelOnText) -> PositionKind:
    """How the model knows where tokens stand: added, rotary or none."""
    return position_kind(trained_model(model_on_text.run_id, model_on_text.step).model)


def tokens_alone(model: LanguageModel, tokens: tuple[int, ...], place: int) -> SingleTokens:
    """Each token alone, all at one place."""
    ids = torch.tensor(tokens)
    return read_alone(model, ids, torch.full_like(ids, place))


def as_numbers(table: Tensor) -> Numbers:
    """A table as it is kept."""
    found: Numbers = table.float().numpy()
    return found
