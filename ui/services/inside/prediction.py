"""A prediction taken apart, and what each part of the model did; computed once, whoever looks."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.receipt import Part, parts_of, receipt
from minigpt.introspection.attribution.removal import (
    logits_everywhere_without,
    logits_without,
    removal_flops,
)
from minigpt.introspection.attribution.sources import sources
from minigpt.introspection.lens import lens, steps_of, streams
from minigpt.introspection.trace import Trace
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel
from ui.services.models import SizedCache, trace_of, trained_model
from ui.services.runs import store

ACCOUNTS, PUSHES, REMOVALS = 256, 256, 512
"""How many of each are kept for whoever asks next."""
SILENCED_BYTES, FLOAT = 32_000_000, 4
"""Of what is lost without parts: at most `PUSHES`, each a number for each token."""
LIKELY, PUSHED = 3, 5
"""How many tokens are named."""
FEW_FLOPS, MANY_FLOPS, AT_ONCE_FLOPS = 3_000_000_000, 50_000_000_000, 20_000_000_000
"""Below, a core is done before anybody notices; above, somebody has to want it. From the one on, so
many go at once: then others have their turn, and whoever waits is told how far it is."""

_one_at_a_time = threading.Lock()
"""What thirty people compute at once is in memory at once."""

Likeliest = tuple[tuple[int, float], ...]
"""Some tokens with their probabilities, the likeliest first."""
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
class ModelOnText:
    """Which model reads what: enough to open it, and to tell one question from another."""

    run_id: str
    step: int
    text: str

    @property
    def key(self) -> Key:
        """What is kept is kept under this: it changes with the weights, too."""
        chosen = choose_checkpoint(store().open(self.run_id), self.step)
        return str(store().root), self.run_id, chosen.step, chosen.sha256, self.text


def account(model_on_text: ModelOnText, position: int, token: int, against: int | None) -> Account:
    """The receipt of a logit.

    Raises:
        MiniGPTError: the model is post-norm, or cannot be opened, or cannot read the text.
    """
    return _account(model_on_text.key, position, token, against)


def account_or_reason(
    model_on_text: ModelOnText, position: int, token: int, against: int | None
) -> Account | MiniGPTError:
    """The receipt of a logit, or why there is none."""
    try:
        return account(model_on_text, position, token, against)
    except MiniGPTError as error:
        return error


@st.cache_data(max_entries=ACCOUNTS, show_spinner=False)
def _account(key: Key, position: int, token: int, against: int | None) -> Account:
    trained, tokens, seen = open_key(key)
    found = receipt(trained.model, tokens, seen, position=position, token=token, against=against)
    return Account(
        parts=found.parts,
        shares=tuple(found.shares.tolist()),
        logit=found.logit,
        total=found.total,
        brought=sources(trained.model, seen, found).numpy(),
    )


def likely_after_each_step(
    model_on_text: ModelOnText, position: int
) -> tuple[tuple[tuple[int, float], ...], ...]:
    """The likeliest tokens, were the stream read at first and after each half of each block."""
    return _likely(model_on_text.key, position)


@st.cache_data(max_entries=PUSHES, show_spinner=False)
def _likely(key: Key, position: int) -> tuple[tuple[tuple[int, float], ...], ...]:
    trained, _tokens, seen = open_key(key)
    logits = lens(trained.model, steps_of(trained.model, seen, position)[None])[0]
    odds = logits.softmax(-1).topk(min(LIKELY, logits.shape[-1]))
    return tuple(
        tuple(zip(ids, shares, strict=True))
        for ids, shares in zip(odds.indices.tolist(), odds.values.tolist(), strict=True)
    )


@dataclass(frozen=True, kw_only=True)
class PartWork:
    """What one part did at one place of a text."""

    length: float
    """Of the vector that it added to the stream."""
    stream: float
    """The length of the whole stream there, after the last block."""
    raised: tuple[tuple[int, float], ...]
    """The tokens whose logits it raised most, above its mean over all tokens."""
    lowered: tuple[tuple[int, float], ...]


def work_of(model_on_text: ModelOnText, position: int, part: int) -> PartWork:
    """What one part of a receipt, counted from 0, did.

    Raises:
        MiniGPTError: the model is post-norm, or cannot be opened, or cannot read the text.
    """
    return _work(model_on_text.key, position, part)


@st.cache_data(max_entries=PUSHES, show_spinner=False)
def _work(key: Key, position: int, part: int) -> PartWork:
    trained, tokens, seen = open_key(key)
    found = receipt(trained.model, tokens, seen, position=position, token=0)
    vector = found.vectors[part]
    is_offset = found.parts[part].kind == "offset"
    pushes = found.read.offset if is_offset else found.read.pushes(vector[None])[0]
    pushes = pushes - pushes.mean()  # what raises all tokens alike changes no probability
    high, low = (pushes.topk(min(PUSHED, len(pushes)), largest=one) for one in (True, False))
    return PartWork(
        length=float(vector.norm()),
        stream=float(streams(seen)[-1, position].norm()),
        raised=tuple(zip(high.indices.tolist(), high.values.tolist(), strict=True)),
        lowered=tuple(zip(low.indices.tolist(), low.values.tolist(), strict=True)),
    )


def is_quick(model_on_text: ModelOnText, position: int) -> bool | None:
    """Whether what parts are worth is known before anybody notices; None where it takes long."""
    flops = removal_flops(
        trained_model(model_on_text.run_id, model_on_text.step).model, position + 1
    )
    if flops > MANY_FLOPS:
        return None
    return flops < FEW_FLOPS


def lost_without(
    model_on_text: ModelOnText,
    position: int,
    tokens: tuple[int, ...],
    told: Callable[[float], object] = lambda _share: None,
) -> Float[np.ndarray, "parts tokens"]:
    """By how much the logits of some tokens fall without each part but the offset.

    Args:
        model_on_text: The model and the text.
        position: After which token of it.
        tokens: Whose logits.
        told: Which share is done, again and again; what is done is kept if it raises.
    """
    model = trained_model(model_on_text.run_id, model_on_text.step).model
    each = max(1, removal_flops(model, position + 1) // len(parts_of(model)))
    size, count = max(1, AT_ONCE_FLOPS // each), len(parts_of(model))
    found = []
    for first in range(0, count, size):
        told(first / count)
        found.append(_lost(model_on_text.key, position, tokens, first, first + size))
    lost: Float[np.ndarray, "parts tokens"] = np.concatenate(found)
    return lost


@st.cache_data(max_entries=REMOVALS, show_spinner=False)
def _lost(
    key: Key, position: int, tokens: tuple[int, ...], first: int, end: int
) -> Float[np.ndarray, "some tokens"]:
    trained, ids, seen = open_key(key)
    parts = parts_of(trained.model)[first:end]
    with _one_at_a_time:
        without = logits_without(trained.model, ids, seen, position=position, parts=parts)
    lost = seen.logits[0, position] - without
    found: Float[np.ndarray, "some tokens"] = lost[:, list(tokens)].numpy()
    return found


@dataclass(frozen=True, kw_only=True)
class WithoutPart:
    """What a text is to the model without one of its parts."""

    without: Float[np.ndarray, " V"]
    """The probabilities after the place that is asked about."""
    usual: float
    """What the whole model gives the token that it finds likeliest, on average over all places."""
    everywhere: float
    """What the same tokens have without the part."""


def effect_of_silencing(model_on_text: ModelOnText, position: int, part: int) -> WithoutPart | None:
    """What is lost without one part of a receipt, counted from 0, there and everywhere.

    None where trying takes long, and of the offset, of which the receipt says it all.
    """
    trained = trained_model(model_on_text.run_id, model_on_text.step)
    length, count = len(trained.tokenizer.encode(model_on_text.text)), len(parts_of(trained.model))
    if part >= count or removal_flops(trained.model, length) // count > FEW_FLOPS:
        return None
    size = max(FLOAT * trained.model.vocabulary_size, SILENCED_BYTES // PUSHES)
    key = model_on_text.key
    return _kept_silenced().get(
        (*key, position, part), size, lambda: _silenced(key, position, part)
    )


@st.cache_resource(show_spinner=False)
def _kept_silenced() -> SizedCache[WithoutPart]:
    return SizedCache(SILENCED_BYTES)


def _silenced(key: Key, position: int, part: int) -> WithoutPart:
    trained, ids, seen = open_key(key)
    without = logits_everywhere_without(trained.model, ids, seen, parts_of(trained.model)[part])
    odds, usual = without.softmax(-1), seen.logits[0].softmax(-1)
    likeliest = usual.argmax(-1, keepdim=True)
    return WithoutPart(
        without=odds[position].numpy(),
        usual=float(usual.gather(-1, likeliest).mean()),
        everywhere=float(odds.gather(-1, likeliest).mean()),
    )


def open_key(key: Key) -> tuple[TrainedModel, torch.Tensor, Trace]:
    """The model, the tokens and what happens to them."""
    _root, run_id, step, _sha256, text = key
    trained = trained_model(run_id, step)
    tokens = torch.tensor([trained.tokenizer.encode(text)])
    return trained, tokens, trace_of(run_id, step, text)
