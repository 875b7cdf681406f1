"""What the page of the inside asks of models; computed once, whoever looks."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.introspection.attribution.receipt import Part, receipt
from minigpt.introspection.attribution.removal import logits_without, removal_flops
from minigpt.introspection.attribution.sources import sources
from minigpt.introspection.trace import Trace
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel
from ui.services.models import traced, trained_model
from ui.services.runs import store

ACCOUNTS, PUSHES, REMOVALS = 256, 256, 64
"""How many of each are kept for whoever asks next."""
FEW_FLOPS, MANY_FLOPS = 3_000_000_000, 300_000_000_000
"""Below, a core is done before anybody notices; above, somebody has to want it."""


Key = tuple[str, str, int, str, str]
"""The folder of runs, a run, a step, the weights' checksum, a text."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A receipt and its sources, as plain numbers."""

    parts: tuple[Part, ...]
    shares: tuple[float, ...]
    logit: float
    total: float
    brought: Float[np.ndarray, "L H T"]
    """What each place brings to the logit, through each head."""


@dataclass(frozen=True)
class Asked:
    """Which model reads what: enough to open it, and to tell one question from another."""

    run_id: str
    step: int
    text: str

    @property
    def key(self) -> Key:
        """What is kept is kept under this: it changes with the weights, too."""
        chosen = choose_checkpoint(store().open(self.run_id), self.step)
        return str(store().root), self.run_id, chosen.step, chosen.sha256, self.text


def account(asked: Asked, position: int, token: int, against: int | None) -> Account:
    """The receipt of a logit.

    Raises:
        MiniGPTError: the model is post-norm, or cannot be opened, or cannot read the text.
    """
    return _account(asked.key, position, token, against)


@st.cache_data(max_entries=ACCOUNTS, show_spinner=False)
def _account(key: Key, position: int, token: int, against: int | None) -> Account:
    trained, tokens, seen = _open(key)
    found = receipt(trained.model, tokens, seen, position=position, token=token, against=against)
    return Account(
        parts=found.parts,
        shares=tuple(found.shares.tolist()),
        logit=found.logit,
        total=found.total,
        brought=sources(trained.model, seen, found).numpy(),
    )


def is_quick(asked: Asked, position: int) -> bool | None:
    """Whether what parts are worth is known before anybody notices; None where it takes long."""
    flops = removal_flops(trained_model(asked.run_id, asked.step).model, position + 1)
    if flops > MANY_FLOPS:
        return None
    return flops < FEW_FLOPS


def lost_without(
    asked: Asked, position: int, tokens: tuple[int, ...]
) -> Float[np.ndarray, "parts tokens"]:
    """By how much the logits of some tokens fall without each part but the offset."""
    return _lost(asked.key, position, tokens)


@st.cache_data(max_entries=REMOVALS, show_spinner=False)
def _lost(key: Key, position: int, tokens: tuple[int, ...]) -> Float[np.ndarray, "parts tokens"]:
    trained, ids, seen = _open(key)
    without = logits_without(trained.model, ids, seen, position=position)
    lost = seen.logits[0, position] - without
    found: Float[np.ndarray, "parts tokens"] = lost[:, list(tokens)].numpy()
    return found


def _open(key: Key) -> tuple[TrainedModel, torch.Tensor, Trace]:
    _root, run_id, step, _sha256, text = key
    trained = trained_model(run_id, step)
    tokens = torch.tensor([trained.tokenizer.encode(text)])
    return trained, tokens, traced(run_id, step, text)
