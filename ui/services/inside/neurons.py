"""What the neurons of a model answer to, and what they say; looked up once, whoever asks."""

import threading
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.readout import readout
from minigpt.introspection.attribution.receipt import require_receipt
from minigpt.introspection.circuits.neurons import (
    activations,
    activations_on,
    explained_by_chance,
    feed_forward_of,
    logits_without_neuron,
    shares_of,
)
from minigpt.introspection.circuits.single_tokens import read_alone
from minigpt.introspection.lens import streams
from minigpt.introspection.trace import Stage, trace
from minigpt.runs.analysis.inside.neurons import Survey, from_record, require_few, survey_run
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import N_
from ui.i18n import Later
from ui.services.inside.prediction import ModelOnText
from ui.services.inside.sampled import require_here
from ui.services.inside.tables import OfModel
from ui.services.models import trained_model
from ui.services.runs import store

SURVEYS, ANSWERS = 16, 256
"""How many are kept; a survey takes 3 MB at most."""
BEFORE, AFTER = 24, 8
"""Tokens of a strongest place that are shown around it."""
KEEP: tuple[Stage, ...] = ("residual_after",)
_one_at_a_time = threading.Lock()
"""What thirty people compute at once is in memory at once."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a neuron is strong: a window of the training text."""

    tokens: tuple[int, ...]
    active: tuple[float, ...]
    """The neuron at each of them."""
    at: int
    """Which of them is the strongest place."""

    @property
    def shown(self) -> slice:
        """The tokens around it."""
        return slice(max(0, self.at - BEFORE), self.at + AFTER + 1)


@dataclass(frozen=True, kw_only=True)
class Neuron:
    """One neuron, as plain numbers."""

    places: tuple[Place, ...]
    """The strongest first; none where it is never above zero."""
    active: float
    """At which share of the text it is above zero."""
    explained: float | None
    """Which share of its variance the token that stands there explains."""
    chance: float
    """Which share tokens would explain of something that has nothing to do with them."""
    sampled: int
    """In how many tokens of the text places were looked for."""


def neuron_of(model_on_text: ModelOnText, layer: int, neuron: int) -> Neuron:
    """What a neuron, counted from 0, answers to in the training text.

    Raises:
        MiniGPTError: there is no such neuron, too many of them, or the text is not here.
    """
    require_few(trained_model(model_on_text.run_id, model_on_text.step).model)
    feed_forward_of(trained_model(model_on_text.run_id, model_on_text.step).model, layer)
    return _neuron(model_on_text.key[:4], layer, neuron)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _neuron(of: OfModel, layer: int, neuron: int) -> Neuron:
    found, trained = _survey(of), trained_model(of[1], of[2])
    one, length = found.layers[layer], found.windows.shape[1]
    pairs = zip(one.strengths[neuron].tolist(), one.places[neuron].tolist(), strict=True)
    at = [place for strength, place in pairs if strength > 0]
    explained = one.by_token
    return Neuron(
        places=tuple(_place(trained, found, (layer, neuron), divmod(one, length)) for one in at),
        active=float(one.active[neuron]),
        explained=None if explained is None else float(explained[neuron]),
        chance=explained_by_chance(found.windows.flatten()),
        sampled=found.windows.numel(),
    )


def _place(
    trained: TrainedModel, found: Survey, which: tuple[int, int], where: tuple[int, int]
) -> Place:
    window, at = where
    tokens = found.windows[window : window + 1]
    active = activations_on(trained.model, tokens)[which[0]][0, :, which[1]]
    return Place(tokens=tuple(tokens[0].tolist()), active=tuple(active.tolist()), at=at)


@st.cache_resource(
    max_entries=SURVEYS, show_spinner=Later(N_("Looking for what each neuron answers to …"))
)
def _survey(of: OfModel) -> Survey:
    run, trained = store().open(of[1]), trained_model(of[1], of[2])
    record = run.neurons()
    kept = None if record is None else from_record(record, trained)
    if kept is not None:
        return kept
    require_here(run)
    with _one_at_a_time:
        return survey_run(run, trained)


def odds_without(
    model_on_text: ModelOnText, layer: int, neuron: int, token: int, next_token: int
) -> float:
    """How likely a token follows another that is the whole text, if one neuron is never active."""
    return _odds_without(model_on_text.key[:4], layer, neuron, token, next_token)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _odds_without(of: OfModel, layer: int, neuron: int, token: int, next_token: int) -> float:
    model = trained_model(of[1], of[2]).model
    logits = logits_without_neuron(model, layer, neuron, torch.tensor([[token]]))
    return float(logits[0, -1].softmax(-1)[next_token])


@dataclass(frozen=True, kw_only=True)
class LayerActivity:
    """What every neuron of a layer does where one token is the whole text."""

    active: Float[np.ndarray, " F"]
    shares: Float[np.ndarray, " F"] | None
    """What each adds to the logit of the next token, above the mean of all; None of post-norm
    models, whose logits are no sum."""
    bias: float
    """What the part's bias adds besides."""
    odds: float
    """How likely the next token is."""


def said_after(
    model_on_text: ModelOnText, layer: int, token: int, next_token: int
) -> LayerActivity:
    """The neurons of a layer, counted from 0, at a token that is the whole text.

    Raises:
        MiniGPTError: there are none.
    """
    feed_forward_of(trained_model(model_on_text.run_id, model_on_text.step).model, layer)
    return _said(model_on_text.key[:4], layer, token, next_token)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _said(of: OfModel, layer: int, token: int, next_token: int) -> LayerActivity:
    model = trained_model(of[1], of[2]).model
    each, part = read_alone(model, torch.tensor([token])), feed_forward_of(model, layer)
    block = list(model.attention_blocks())[layer]
    with torch.inference_mode():
        active = activations(block, each.steps[2 * layer + 1][None])[0, 0]
        odds = float(model.unembed(each.final[:, None])[0, 0].softmax(-1)[next_token])
    try:
        require_receipt(model)
    except MiniGPTError:
        return LayerActivity(active=active.numpy(), shares=None, bias=0.0, odds=odds)
    read = readout(model, each.final[0])
    shares = shares_of(part, active, read, next_token)
    bias = part.narrow.bias
    offset = 0.0 if bias is None else float(bias.detach() @ read.above_mean(next_token))
    return LayerActivity(active=active.numpy(), shares=shares.numpy(), bias=offset, odds=odds)


def pushes_at(
    model_on_text: ModelOnText, layer: int, neuron: int, place: Place, *, each_way: int
) -> tuple[tuple[int, float], ...]:
    """Which tokens a neuron makes likelier at its strongest place, and which less likely.

    Args:
        model_on_text: Whose neuron.
        layer: Of the neuron.
        neuron: In its layer; both count from 0.
        place: Where it is strong.
        each_way: How many tokens of each kind.

    Returns:
        Tokens with how far it raises their logits above the mean of all, the highest first.

    Raises:
        MiniGPTError: the model is post-norm.
    """
    require_receipt(trained_model(model_on_text.run_id, model_on_text.step).model)
    return _pushes(model_on_text.key[:4], layer, neuron, place, each_way)


# Only what is shown is kept: a vocabulary may have a million tokens.
@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def _pushes(
    of: OfModel, layer: int, neuron: int, place: Place, each_way: int
) -> tuple[tuple[int, float], ...]:
    model = trained_model(of[1], of[2]).model
    seen = trace(model, torch.tensor([place.tokens]), keep=KEEP)
    read = readout(model, streams(seen)[-1, place.at])
    with torch.inference_mode():
        column = feed_forward_of(model, layer).narrow.weight[:, neuron]
        pushed = read.pushes((place.active[place.at] * column)[None])[0]
        pushed = pushed - pushed.mean()
    few = min(each_way, len(pushed))
    high, low = pushed.topk(few), pushed.topk(few, largest=False)
    ends = dict(zip(high.indices.tolist(), high.values.tolist(), strict=True))
    ends |= dict(zip(low.indices.tolist()[::-1], low.values.tolist()[::-1], strict=True))
    return tuple(ends.items())
