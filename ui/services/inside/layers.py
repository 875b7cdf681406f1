"""A text layer by layer; computed once, whoever looks."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float

from minigpt.introspection.ablation import Head, heads_shape, with_heads
from minigpt.introspection.lens import even_rollout, lens, rollout, streams
from minigpt.introspection.trace import Stage, trace
from ui.services.heads import average_outputs
from ui.services.inside.prediction import LIKELY, Key, Likeliest, ModelOnText, open_key

LENSES = 64
LENS_NEEDS: frozenset[Stage] = frozenset({"attended", "fed", "residual_after"})


@dataclass(frozen=True, kw_only=True)
class Lens:
    """A text layer by layer: before the first, and after each."""

    likeliest: tuple[tuple[Likeliest, ...], ...]
    """For each stage and place what the model would say there."""
    stream: tuple[tuple[float, ...], ...]
    """For each stage and place the length of the stream."""
    attended: tuple[tuple[float, ...], ...]
    """For each layer and place the length of what its heads added."""
    fed: tuple[tuple[float, ...], ...]
    """For each layer and place the length of what its feed-forward part added."""


def lens_of(
    model_on_text: ModelOnText, off: tuple[Head, ...] = (), *, by_mean: bool = False
) -> Lens:
    """The lens of a text, perhaps with some heads silent, which bring nothing or their mean."""
    return _lens(model_on_text.key, off, by_mean and bool(off))


@st.cache_data(max_entries=LENSES, show_spinner=False)
def _lens(key: Key, off: tuple[Head, ...], by_mean: bool) -> Lens:
    trained, tokens, seen = open_key(key)
    model = trained.model
    if off:
        mask = torch.ones(heads_shape(model))
        for head in off:
            mask[head] = 0
        _root, run_id, step, _sha256, text = key
        means = average_outputs(run_id, step, text)[0] if by_mean else None
        model = with_heads(model, mask, means=means)
        seen = trace(model, tokens, keep=LENS_NEEDS)
    stages, likeliest = streams(seen), []
    for stage in stages:  # one at a time: with a large vocabulary all at once would be too much
        odds = lens(model, stage[None])[0].softmax(-1).topk(min(LIKELY, model.vocabulary_size))
        pairs = zip(odds.indices.tolist(), odds.values.tolist(), strict=True)
        likeliest.append(tuple(tuple(zip(ids, shares, strict=True)) for ids, shares in pairs))
    return Lens(
        likeliest=tuple(likeliest),
        stream=_lengths(stages),
        attended=_lengths([layer.attended[0] for layer in seen.layers]),
        fed=_lengths([layer.fed[0] for layer in seen.layers]),
    )


def _lengths(vectors: Iterable[torch.Tensor]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(one.norm(dim=-1).tolist()) for one in vectors)


def rolled_out(model_on_text: ModelOnText) -> Float[np.ndarray, "L T T"]:
    """Attention followed back through the layers."""
    _trained, _tokens, seen = open_key(model_on_text.key)
    found: Float[np.ndarray, "L T T"] = rollout(seen).numpy()
    return found


def evenly_rolled_out(model_on_text: ModelOnText) -> Float[np.ndarray, "L T T"]:
    """The same of heads that look everywhere alike."""
    _trained, tokens, seen = open_key(model_on_text.key)
    found: Float[np.ndarray, "L T T"] = even_rollout(len(seen.layers), tokens.shape[1]).numpy()
    return found
