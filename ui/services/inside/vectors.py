"""The vectors of a model's tokens at every kept step: computed once, whoever looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.vectors.gathering import Gathering, gathering, letters_and_vowels
from minigpt.introspection.vectors.likeness import Neighbours, mean_likeness, neighbours
from minigpt.introspection.vectors.principal_axes import PrincipalAxes, principal_axes
from minigpt.introspection.vectors.tables import output_vectors, token_vectors
from minigpt.models.layers.scoring import Scoring
from minigpt.runs.directory import choose_checkpoint
from ui.services.inside.sampled import require_no_download
from ui.services.models import require_numbers, trained_model
from ui.services.reading import library
from ui.services.runs import store

Table = Literal["read", "written"]
"""The vectors that tokens are read as, or those that logits are dot products with."""
Chosen = Literal["letters", "all", "frequent", "first"]

MOST_DRAWN = 300
"""Of a larger vocabulary only so many tokens lay out the map: no screen has room for more names."""
MOST_BESIDE = 60
"""How many more are shown there, such as those of the visitor's text."""
MOST_FRAMES, MOST_BYTES = 24, 400_000_000
"""Of a film: so many kept steps, and so much to read for them."""
PLACES_KEPT, NUMBERS_KEPT = 512, 1024
"""A few kilobytes and a few bytes each."""


@dataclass(frozen=True, kw_only=True)
class DrawnTokens:
    """Which tokens lay out the map."""

    ids: tuple[int, ...]
    how: Chosen
    """The small letters; all there are; the most frequent of the training text; the first ones."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where tokens lie at one step."""

    at: Float[np.ndarray, "n 2"]
    shares: tuple[float, float]
    """Of the variance of the tokens that lay out the map, along each axis."""


def small_letters(run_id: str, step: int) -> DrawnTokens | None:
    """The letters from a to z; None of a vocabulary that is not made of letters."""
    letters, _vowels = letters_and_vowels(trained_model(run_id, step).tokenizer.vocabulary)
    return DrawnTokens(ids=tuple(letters), how="letters") if letters else None


def drawn_tokens(run_id: str, step: int, *, most: int = MOST_DRAWN) -> DrawnTokens:
    """All tokens of a small vocabulary; of a large one those that the run's text has most of."""
    run = store().open(run_id)
    size = trained_model(run_id, step).model.vocabulary_size
    if size <= most:
        return DrawnTokens(ids=tuple(range(size)), how="all")
    try:
        require_no_download(run)
        return _frequent(str(store().root), run_id, choose_checkpoint(run, step).step, size, most)
    except MiniGPTError:  # the text is not here, or the model is from elsewhere
        return DrawnTokens(ids=tuple(range(most)), how="first")


@st.cache_data(max_entries=NUMBERS_KEPT, show_spinner=False)
def _frequent(root: str, run_id: str, step: int, size: int, most: int) -> DrawnTokens:
    ids = library(run_id, step).training.ids
    often = np.bincount(ids, minlength=size)
    return DrawnTokens(ids=tuple(np.argsort(-often, kind="stable")[:most].tolist()), how="frequent")


def has_output_vectors(run_id: str, step: int) -> bool:
    """Whether tokens are written by other vectors than they are read as."""
    return output_vectors(trained_model(run_id, step).model) is not None


def places_over_steps(
    run_id: str, steps: Sequence[int], table: Table, drawn: DrawnTokens, beside: Sequence[int]
) -> dict[int, Places]:
    """Where tokens lie at each step, all seen along the axes of the last one.

    Args:
        run_id: The run.
        steps: The kept ones, in order.
        table: Which vectors.
        drawn: The tokens that lay out the map.
        beside: A few more, put where they belong on it.

    Raises:
        MiniGPTError: weights are missing or damaged, or the model has no such vectors.
    """
    run, root = store().open(run_id), str(store().root)
    weights = {step: choose_checkpoint(run, step).sha256 for step in steps}
    last = (steps[-1], weights[steps[-1]])
    more = tuple(beside[:MOST_BESIDE])
    return {
        step: _places(root, run_id, table, drawn.ids, more, last, (step, weights[step]))
        for step in steps
    }


@st.cache_data(max_entries=PLACES_KEPT, show_spinner=False)
def _places(
    root: str, run_id: str, table: Table, drawn: tuple[int, ...], beside: tuple[int, ...],
    last: tuple[int, str], this: tuple[int, str],
) -> Places:  # fmt: skip
    axes = _axes(root, run_id, table, drawn, last)
    vectors = _vectors(run_id, this[0], table)
    shown = vectors[list(drawn)]
    first, second = axes.shares(shown).tolist()
    at: Float[np.ndarray, "n 2"] = axes.places(vectors[[*drawn, *beside]]).numpy()
    return Places(at=at, shares=(first, second))


@st.cache_resource(max_entries=64, show_spinner=False)
def _axes(
    root: str, run_id: str, table: Table, drawn: tuple[int, ...], last: tuple[int, str]
) -> PrincipalAxes:
    return principal_axes(_vectors(run_id, last[0], table)[list(drawn)])


def _vectors(run_id: str, step: int, table: Table) -> Float[Tensor, "V C"]:
    model = trained_model(run_id, step).model
    found = token_vectors(model) if table == "read" else output_vectors(model)
    if found is None:
        raise ConfigurationError("This model writes tokens by the same vectors as it reads them.")
    require_numbers(found)
    return found


@dataclass(frozen=True, kw_only=True)
class NearTokens:
    """Who is near a token."""

    neighbours: Neighbours
    chance: float
    """How alike two tokens of the whole vocabulary are on average."""


def neighbours_of(run_id: str, step: int, table: Table, token: int, by: Scoring) -> NearTokens:
    """The neighbours of a token among all of the vocabulary.

    Raises:
        MiniGPTError: weights are missing or damaged, the model has no such vectors, or one token.
    """
    if trained_model(run_id, step).model.vocabulary_size < 2:
        raise ConfigurationError("This model knows a single token, which has no neighbours.")
    return _near(_key(run_id, step), table, token, by)


@st.cache_data(max_entries=NUMBERS_KEPT, show_spinner=False)
def _near(key: tuple[str, str, int, str], table: Table, token: int, by: Scoring) -> NearTokens:
    with torch.inference_mode():
        found = neighbours(_vectors(key[1], key[2], table), token, by=by)
    return NearTokens(neighbours=found, chance=_chance(key, table, by))


@st.cache_data(max_entries=NUMBERS_KEPT, show_spinner=False)
def _chance(key: tuple[str, str, int, str], table: Table, by: Scoring) -> float:
    return mean_likeness(_vectors(key[1], key[2], table), by=by)


def vowel_gatherings(run_id: str, steps: Sequence[int], table: Table) -> dict[int, Gathering]:
    """How close the vowels lie at each step; empty where a vocabulary has no vowels.

    Raises:
        MiniGPTError: weights are missing or damaged, or the model has no such vectors.
    """
    vocabulary = trained_model(run_id, steps[-1]).tokenizer.vocabulary
    letters, vowels = letters_and_vowels(vocabulary)
    if not letters:
        return {}
    return {
        step: _gathering(_key(run_id, step), table, tuple(letters), tuple(vowels)) for step in steps
    }


@st.cache_data(max_entries=NUMBERS_KEPT, show_spinner=False)
def _gathering(
    key: tuple[str, str, int, str], table: Table, letters: tuple[int, ...], vowels: tuple[int, ...]
) -> Gathering:
    return gathering(_vectors(key[1], key[2], table)[list(letters)], vowels)


def _key(run_id: str, step: int) -> tuple[str, str, int, str]:
    chosen = choose_checkpoint(store().open(run_id), step)
    return str(store().root), run_id, chosen.step, chosen.sha256


def film_steps(checkpoints: Sequence[Checkpoint], chosen: int) -> list[int]:
    """Which kept steps a film shows: the chosen one, the first, the last, and others between.

    All of them, unless they are many or too large to be read while somebody waits.
    """
    steps = sorted(one.step for one in checkpoints)
    largest = max(one.bytes for one in checkpoints)
    most = max(2, min(MOST_FRAMES, MOST_BYTES // max(1, largest)))
    if len(steps) <= most:
        return steps
    even = {steps[round(at)] for at in np.linspace(0, len(steps) - 1, most)}
    return sorted(even | {chosen})
