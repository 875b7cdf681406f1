"""What may come next at one place of a text: the odds, filter by filter."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.runs.directory import choose_checkpoint
from minigpt.sampling.decoder import Decoder, window_start
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.filters import Stage, stages
from minigpt.sampling.generate import threads, useful_threads
from ui.services.models import trained_model
from ui.services.runs import store

PLACES_IN_MEMORY = 512


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
    logits = torch.from_numpy(
        _logits(str(store().root), run_id, chosen.step, chosen.sha256, tuple(ids[start:]))
    )
    present = torch.zeros(len(logits), dtype=torch.bool)
    present[list(ids)] = True
    return Odds(stages(logits, sampling, present))


@st.cache_data(max_entries=PLACES_IN_MEMORY, show_spinner=False)
def _logits(
    root: str, run_id: str, step: int, sha256: str, ids: tuple[int, ...]
) -> Float[np.ndarray, " V"]:
    model = trained_model(run_id, step).model
    with threads(useful_threads(model)):
        found: Float[np.ndarray, " V"] = Decoder(model).add(ids).float().cpu().numpy()
    return found
