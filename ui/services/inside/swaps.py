"""Two texts and one swap, shared by whoever asks the same of the same model."""

import threading
from dataclasses import dataclass

import numpy as np
import streamlit as st
from jaxtyping import Float

from minigpt.introspection.pairs.swaps import HeadPlace, Place, longest_swap
from minigpt.runs.analysis.inside.swap import (
    Swaps,
    answer_odds,
    other_text,
    other_texts,
    swaps,
    written_after,
)
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import N_
from ui.i18n import Later
from ui.services.models import trained_model
from ui.services.runs import store

SWAPS_IN_MEMORY, TEXTS_IN_MEMORY = 64, 256
MOST_OPERATIONS = 4e11
"""Of all swaps between two texts: some seconds of one core."""
WRITTEN_TOKENS = 60
_one_at_a_time = threading.Lock()
"""What thirty people compute at once is in memory at once."""


@dataclass(frozen=True, kw_only=True)
class SwapFigures:
    """What is shown of all swaps between two texts; without the model that they were made in."""

    tokens: list[str]
    others: list[str]
    """Of the text that gives its states, and of the one that they are pasted into."""
    answers: list[str]
    differences: tuple[float, float]
    """The logit of the first answer less that of the second, after each text."""
    moved: Float[np.ndarray, "rows T"]
    """A row for each state, or for each head, layer by layer."""
    heads: int = 0
    """How many a layer has, where a row is a head; 0 where it is a state."""

    def place(self, row: int, token: int) -> Place | HeadPlace:
        """Which swap a cell is."""
        return (*divmod(row, self.heads), token) if self.heads else (row, token)


@dataclass(frozen=True, kw_only=True)
class AfterSwap:
    """What one swap leads to, beside the two texts as they are."""

    odds: list[list[float]]
    """Of both answers: after the first text, the second, and the second with the swap."""
    written: tuple[str, str, str]
    """What follows each."""


def longest_text(trained: TrainedModel, *, by_head: bool = False) -> int:
    """How many tokens two texts may have for their map to be there soon."""
    return longest_swap(trained.model, MOST_OPERATIONS, by_head=by_head)


def swap_figures(
    run_id: str, step: int, text: str, other: str, *, by_head: bool = False
) -> SwapFigures:
    """How far each state of a text, or what each head brings, moves the guess in another.

    Raises:
        MiniGPTError: the texts cannot be read, differ in length, are too long, or lead to the
            same guess.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _figures(str(store().root), run_id, chosen.step, chosen.sha256, text, other, by_head)


def after_swap(
    run_id: str, step: int, text: str, other: str, place: Place | HeadPlace
) -> AfterSwap:
    """What one of these swaps leads to.

    Raises:
        MiniGPTError: as `swap_figures`.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _after(str(store().root), run_id, chosen.step, chosen.sha256, text, other, place)


def second_text(run_id: str, step: int, text: str) -> str:
    """A text that differs in one token which makes a difference.

    Raises:
        MiniGPTError: the text cannot be read, or no token of it changed alone.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _second(str(store().root), run_id, chosen.step, chosen.sha256, text)


def changed_texts(run_id: str, step: int, text: str, position: int) -> list[str]:
    """The text with another token at one place, for each that is likely there.

    Raises:
        MiniGPTError: the text cannot be read.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _changed(str(store().root), run_id, chosen.step, chosen.sha256, text, position)


@st.cache_data(
    max_entries=SWAPS_IN_MEMORY, show_spinner=Later(N_("Swapping one state after the other …"))
)
def _figures(
    root: str, run_id: str, step: int, sha256: str, text: str, other: str, by_head: bool
) -> SwapFigures:
    made = _made(run_id, step, text, other, by_head=by_head)
    with _one_at_a_time:
        moved = (made.moved_by_head.flatten(0, 1) if by_head else made.moved).numpy()
        heads = made.moved_by_head.shape[1] if by_head else 0
    tokens, others = made.tokens
    return SwapFigures(
        tokens=tokens,
        others=others,
        answers=made.answers,
        differences=made.pair.differences,
        moved=moved,
        heads=heads,
    )


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _after(
    root: str, run_id: str, step: int, sha256: str, text: str, other: str,
    place: Place | HeadPlace,
) -> AfterSwap:  # fmt: skip
    made = _made(run_id, step, text, other)
    return AfterSwap(
        odds=answer_odds(made, place).tolist(),
        written=written_after(made, place, tokens=WRITTEN_TOKENS),
    )


def _made(run_id: str, step: int, text: str, other: str, *, by_head: bool = False) -> Swaps:
    trained = trained_model(run_id, step)
    return swaps(trained, text, other, longest=longest_text(trained, by_head=by_head))


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _second(root: str, run_id: str, step: int, sha256: str, text: str) -> str:
    with _one_at_a_time:
        return other_text(trained_model(run_id, step), text)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _changed(root: str, run_id: str, step: int, sha256: str, text: str, position: int) -> list[str]:
    return other_texts(trained_model(run_id, step), text, position)
