"""What tells places apart in a model, and what another order changes; once, whoever looks."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.introspection.vectors.order import ShuffledText, read_shuffled
from minigpt.introspection.vectors.positions import (
    likeness_by_distance,
    position_vectors,
    rotary_angles,
    turned_likeness,
)
from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.embeddings import SinusoidalPositions
from ui.services.inside.prediction import Key, ModelOnText
from ui.services.models import trained_model

Kind = Literal["none", "learned", "waves", "rotary"]
MOST_PLACES, MOST_CHANNELS = 64, 48
"""Of a longer table the beginning is drawn; how alike places are is counted over more of them."""
MOST_COUNTED = 512
KEPT = 128
LARGE, FEW_ORDERS, MANY_ORDERS = 20_000_000, 4, 16
"""From how many parameters on a text is read in fewer orders."""


@dataclass(frozen=True, kw_only=True)
class PlacesToldApart:
    """The kind of positions of a model, and its numbers."""

    kind: Kind
    shown: Float[np.ndarray, "places channels"]
    """What is added for each place, or the cosine of each angle; no rows where there is neither."""
    alike: tuple[float, ...]
    """By distance, from 0 on."""
    places: int
    channels: int
    """Of the whole table."""


def places_of(model_on_text: ModelOnText) -> PlacesToldApart:
    """What tells places apart in a model.

    Raises:
        MiniGPTError: weights are missing or damaged.
    """
    root, run_id, step, sha256, _text = model_on_text.key
    return _places(root, run_id, step, sha256)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _places(root: str, run_id: str, step: int, sha256: str) -> PlacesToldApart:
    model = trained_model(run_id, step).model
    angles, vectors = rotary_angles(model), position_vectors(model)
    if angles is not None:
        table, alike = angles.cos(), turned_likeness(angles[:MOST_COUNTED])
    elif vectors is not None:
        table, alike = vectors, likeness_by_distance(vectors[:MOST_COUNTED])
    else:
        table, alike = torch.zeros(0, 0), torch.zeros(0)
    return PlacesToldApart(
        kind=_kind(model),
        shown=table[:MOST_PLACES, :MOST_CHANNELS].numpy(),
        alike=tuple(alike.tolist()),
        places=table.shape[0],
        channels=table.shape[1],
    )


def _kind(model: LanguageModel) -> Kind:
    if rotary_angles(model) is not None:
        return "rotary"
    if position_vectors(model) is None:
        return "none"
    is_fixed = any(isinstance(part, SinusoidalPositions) for part in model.children())
    return "waves" if is_fixed else "learned"


def in_other_orders(model_on_text: ModelOnText) -> ShuffledText:
    """What a model makes of a text whose tokens change places, all but the last.

    Raises:
        MiniGPTError: the text is too short, or the model cannot read it.
    """
    return _shuffled(model_on_text.key)


@st.cache_data(max_entries=KEPT, show_spinner=False)
def _shuffled(key: Key) -> ShuffledText:
    _root, run_id, step, _sha256, text = key
    trained = trained_model(run_id, step)
    ids = torch.tensor(trained.tokenizer.encode(text))
    is_large = trained.model.num_parameters > LARGE
    return read_shuffled(trained.model, ids, times=FEW_ORDERS if is_large else MANY_ORDERS)
