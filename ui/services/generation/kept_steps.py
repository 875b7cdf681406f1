"""What is written and judged once for all: the same luck, and the same text, at any kept step."""

import threading
from collections import deque
from collections.abc import Sequence

import numpy as np
import streamlit as st
import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.introspection.known_since import ranks_of
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import open_model, search_texts
from minigpt.sampling.beams import Beam
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import SampledToken, use_threads, useful_threads
from minigpt.sentences import N_
from ui.i18n import Later
from ui.services.generation.turns import one_turn
from ui.services.generation.writing import WAIT_SECONDS, grow_texts, start_text, writers_of
from ui.services.models import trained_model
from ui.services.runs import store

TEXTS_IN_MEMORY = 512
_one_at_a_time = threading.Lock()
"""Models that thirty people open at once are in memory at once."""


def sample_at_step(
    run_id: str, step: int, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> tuple[SampledToken, ...]:
    """What a model at a step makes of a prompt; written once for all who ask.

    Raises:
        MiniGPTError: the model is missing or cannot read the prompt.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _drawn(
        str(store().root), run_id, chosen.step, chosen.sha256, prompt, sampling, tokens, seed
    )


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _drawn(
    root: str, run_id: str, step: int, sha256: str, prompt: str, sampling: SamplingConfig,
    tokens: int, seed: int,
) -> tuple[SampledToken, ...]:  # fmt: skip
    trained = trained_model(run_id, step)
    text = start_text(trained, prompt, sampling, seed=seed)
    deque(grow_texts(trained, [text], tokens=tokens), maxlen=0)
    return tuple(text.drawn)


def ranks_by_step(
    run_id: str, steps: Sequence[int], ids: Sequence[int]
) -> tuple[Int[np.ndarray, "steps judged"], Float[np.ndarray, "steps judged"]]:
    """At each step and for each token of a text but the first, its rank and its probability.

    Raises:
        MiniGPTError: weights are missing or damaged.
    """
    directory, root = store().open(run_id), str(store().root)
    found = [
        _ranks(root, run_id, step, choose_checkpoint(directory, step).sha256, tuple(ids))
        for step in steps
    ]
    return np.stack([one for one, _odds in found]), np.stack([odds for _one, odds in found])


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _ranks(
    root: str, run_id: str, step: int, sha256: str, ids: tuple[int, ...]
) -> tuple[Int[np.ndarray, " judged"], Float[np.ndarray, " judged"]]:
    text = torch.tensor([ids])
    with _one_at_a_time:
        # Not one of the models that are kept: these are many, and each is looked into once.
        model = open_model(store().open(run_id), step=step).model
        with use_threads(useful_threads(model)), torch.inference_mode():
            places = model.last_stream(text)[0, :-1]
            found = [
                _judged(scores.float(), came)
                for scores, came in model.unembed_along(places, text[0, 1:])
            ]
    placed, odds = zip(*found, strict=True)
    return torch.cat(placed).numpy(), torch.cat(odds).numpy()


def _judged(
    scores: Float[Tensor, "few V"], came: Int[Tensor, " few"]
) -> tuple[Int[Tensor, " few"], Float[Tensor, " few"]]:
    """The rank and the probability of each token that came."""
    return ranks_of(scores, came), scores.softmax(-1).gather(-1, came[:, None])[:, 0]


def found_by_beams(
    run_id: str, step: int, prompt: str, *, beams: int, tokens: int, stop: Sequence[str],
    length_normalisation: float,
) -> list[tuple[str, Beam]]:  # fmt: skip
    """The likeliest texts of a model, the best first; searched for once for all who ask.

    Raises:
        MiniGPTError: the model is missing or cannot read the prompt.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _found(
        str(store().root), run_id, chosen.step, chosen.sha256, prompt, beams, tokens, tuple(stop),
        length_normalisation,
    )  # fmt: skip


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=Later(N_("Searching …")))
def _found(
    root: str, run_id: str, step: int, sha256: str, prompt: str, beams: int, tokens: int,
    stop: tuple[str, ...], length_normalisation: float,
) -> list[tuple[str, Beam]]:  # fmt: skip
    trained = trained_model(run_id, step)
    # A beam takes as much memory as a text that is written, so they share the places for those.
    turn = one_turn(writers_of(trained.model).turns, places=beams, patience=WAIT_SECONDS)
    with turn, use_threads(useful_threads(trained.model)):
        return search_texts(
            trained, prompt, beams=beams, tokens=tokens, stop=stop,
            length_normalisation=length_normalisation,
        )  # fmt: skip
