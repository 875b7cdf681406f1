"""What may come next at one place of a text: the odds, filter by filter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import choose_checkpoint
from minigpt.sampling.decoder import Decoder, window_start
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.filters import Stage, stages
from minigpt.sampling.generate import use_threads, useful_threads
from ui.services.models import SizedCache, trained_model
from ui.services.runs import store

PLACES_IN_MEMORY, PLACES_BYTES, FLOAT = 512, 64_000_000, 4
"""How many are kept, and what they take at most: a number for each token of the vocabulary."""
AT_ONCE = 4
"""How many are computed at a time."""


@dataclass(frozen=True)
class Odds:
    """Those of the token at one place."""

    stages: Sequence[Stage]
    """What the model says, and what each filter that is on makes of it."""

    @property
    def order(self) -> list[int]:
        """All tokens, those first that are likeliest to be drawn, and then to the model."""
        model, drawn = (self.stages[place].probabilities.double() for place in (0, -1))
        by_model = model.sort(descending=True, stable=True).indices
        return by_model[drawn[by_model].sort(descending=True, stable=True).indices].tolist()

    @property
    def line(self) -> Float[np.ndarray, " V"]:
        """Where each token's stretch of the line from 0 to 1 ends, in the vocabulary's order."""
        ends = self.stages[-1].probabilities.double().cumsum(-1)
        found: Float[np.ndarray, " V"] = (ends / ends[-1]).numpy()
        return found


def odds_after(run_id: str, step: int, ids: Sequence[int], sampling: SamplingConfig) -> Odds:
    """The odds of the token that follows these.

    Raises:
        MiniGPTError: the model is missing, or there is nothing to follow.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    trained = trained_model(run_id, step)
    start = window_start(len(ids), trained.model.context_length)
    read = tuple(ids[start:])
    logits = _kept_logits().get(
        (str(store().root), run_id, chosen.step, chosen.sha256, read),
        max(FLOAT * trained.model.vocabulary_size, PLACES_BYTES // PLACES_IN_MEMORY),
        lambda: _logits(trained.model, read),
    )
    present = torch.zeros(len(logits), dtype=torch.bool)
    present[list(ids)] = True
    return Odds(stages(logits, sampling, present))


@st.cache_resource(show_spinner=False)
def _kept_logits() -> SizedCache[Float[Tensor, " V"]]:
    return SizedCache(PLACES_BYTES, at_once=AT_ONCE)


def _logits(model: LanguageModel, ids: tuple[int, ...]) -> Float[Tensor, " V"]:
    with use_threads(useful_threads(model)):
        return Decoder(model).add(ids).float().cpu().clone()  # which is not worked on any more
