"""What heads do and what is lost without them, shared by whoever looks at the same model."""

import dataclasses
import threading
import time

import streamlit as st
import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import MiniGPTError
from minigpt.introspection.ablation import (
    Head,
    HeadMeans,
    changed_losses,
    head_means,
    heads_shape,
    plain_pass,
    silence_head,
    with_heads,
)
from minigpt.introspection.flows import Flow, flows
from minigpt.introspection.heads import HeadNumbers
from minigpt.introspection.report_card import ReportCard
from minigpt.runs.analysis.config_diff import differing_settings
from minigpt.runs.analysis.head_report import report_card
from minigpt.runs.analysis.inside.growth import Growth, growth
from minigpt.runs.directory import choose_checkpoint
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sentences import N_
from ui.i18n import Later
from ui.services.generation.writing import write_text
from ui.services.models import trace_of, trained_model
from ui.services.runs import all_runs, store

GROWTH_WINDOWS = 8
"""Of validation text, which the experiments on several runs read."""
MOST_RELATIVES = 12
CARDS_IN_MEMORY, TEXTS_IN_MEMORY = 16, 64
_one_grows = threading.Lock()
"""Every kept step of a run is opened for it, and every head silenced: for one at a time."""
WRITTEN_TOKENS, SEED, TEMPERATURE = 120, 1337, 0.8
"""Of what is written without some heads: always the same luck, so that only the heads differ."""


class SharedCard:
    """A measurement that many watch and one at a time goes on with."""

    def __init__(self, card: ReportCard) -> None:
        self.card, self._lock = card, threading.Lock()

    def measure(self, seconds: float) -> None:
        """Read windows for so long, and one at least; nothing where somebody else is at it."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            until = time.monotonic() + seconds
            while not self.card.is_done:
                self.card.measure()
                if time.monotonic() > until:
                    break
        finally:
            self._lock.release()


def head_card(
    run_id: str, step: int, *, by_mean: bool = False, text: str | None = None
) -> SharedCard:
    """The card of a model at a step, as far as it has been measured.

    Args:
        run_id: The run.
        step: A kept step of it.
        by_mean: Whether a silent head brings what it brings on average, not nothing.
        text: What to judge by instead of the validation text.

    Raises:
        MiniGPTError: the model has no heads to judge, its text is not here, or `text` is too short
            or cannot be read.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _card(str(store().root), run_id, chosen.step, chosen.sha256, by_mean, text)


@st.cache_resource(max_entries=CARDS_IN_MEMORY, show_spinner=Later(N_("Watching the heads …")))
def _card(
    root: str, run_id: str, step: int, sha256: str, by_mean: bool, text: str | None
) -> SharedCard:
    trained = trained_model(run_id, step)
    return SharedCard(report_card(store().open(run_id), trained, by_mean=by_mean, text=text))


def grown_heads(run_id: str) -> Growth:
    """Which heads a run grew, and when, by experiment on a few windows of its validation text.

    Raises:
        MiniGPTError: nothing was kept, the model has no heads to judge, or its text is not here.
    """
    kept = list_checkpoints(store().open(run_id).weights)
    return _grown(str(store().root), run_id, tuple(one.sha256 for one in kept))


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _grown(root: str, run_id: str, sha256: tuple[str, ...]) -> Growth:
    with _one_grows:
        return growth(store().open(run_id), windows=GROWTH_WINDOWS)


def relatives(run_id: str) -> list[str]:
    """A run and those with the same settings but for the seed, newest first; at most a dozen.

    Raises:
        RunError: there is no such run.
    """
    known = {run.id: run for run in all_runs()}
    if run_id not in known:
        return [run_id]
    own, settings = known[run_id], store().open(run_id).settings().values
    found = [run_id]
    for one in known.values():
        same = (one.rung, one.corpus, one.steps) == (own.rung, own.corpus, own.steps)
        if same and one.id != run_id and len(found) < MOST_RELATIVES:
            other = store().open(one.id).settings().values
            if differing_settings({run_id: settings, one.id: other}).is_seed_only:
                found.append(one.id)
    return found


def average_outputs(run_id: str, step: int, text: str) -> tuple[HeadMeans, bool]:
    """What each head brings on average, and whether that is over the model's validation text.

    Of a model whose text is not here it is over `text`.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _averages(str(store().root), run_id, chosen.step, chosen.sha256, text)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _averages(root: str, run_id: str, step: int, sha256: str, text: str) -> tuple[HeadMeans, bool]:
    try:
        means = head_card(run_id, step, by_mean=True).card.means
    except MiniGPTError:
        means = None
    if means is not None:
        return means, True
    trained = trained_model(run_id, step)
    ids = torch.tensor([trained.tokenizer.encode(text)])
    return head_means(plain_pass(trained.model, ids, ids)), False


def effects_on_text(
    run_id: str, step: int, text: str, *, by_mean: bool = False
) -> HeadNumbers | None:
    """What silencing each head costs on a text, in nats a token; None for a single token."""
    chosen = choose_checkpoint(store().open(run_id), step)
    return _effects(str(store().root), run_id, chosen.step, chosen.sha256, text, by_mean)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _effects(
    root: str, run_id: str, step: int, sha256: str, text: str, by_mean: bool
) -> HeadNumbers | None:
    trained = trained_model(run_id, step)
    ids = torch.tensor([trained.tokenizer.encode(text)])
    if ids.shape[1] < 2:
        return None
    plain = plain_pass(trained.model, ids[:, :-1], ids[:, 1:])
    means = average_outputs(run_id, step, text)[0] if by_mean else None
    losses = changed_losses(plain, [silence_head(plain, head, means=means) for head in plain.heads])
    costs: HeadNumbers = (losses - plain.losses).mean((1, 2)).view(heads_shape(trained.model))
    return costs


def largest_flow(run_id: str, steps: tuple[int, ...], text: str, kind: Flow) -> float:
    """The largest number of all heads at all of these steps, on which one scale can end.

    Raises:
        MiniGPTError: the model cannot read the text, or its weights are missing.
    """
    directory = store().open(run_id)
    kept = tuple((step, choose_checkpoint(directory, step).sha256) for step in steps)
    return max(_largest(str(store().root), run_id, *one, text, kind) for one in kept)


@st.cache_data(max_entries=TEXTS_IN_MEMORY * 8, show_spinner=False)
def _largest(root: str, run_id: str, step: int, sha256: str, text: str, kind: Flow) -> float:
    seen = trace_of(run_id, step, text)
    return float(flows(trained_model(run_id, step).model, seen, kind).max())


def written_without(
    run_id: str, step: int, text: str, off: tuple[Head, ...], *, by_mean: bool = False
) -> str:
    """How a model goes on with a text while some heads are silent."""
    chosen = choose_checkpoint(store().open(run_id), step)
    return _written(str(store().root), run_id, chosen.step, chosen.sha256, text, off, by_mean)


@st.cache_data(max_entries=TEXTS_IN_MEMORY, show_spinner=False)
def _written(
    root: str, run_id: str, step: int, sha256: str, text: str, off: tuple[Head, ...], by_mean: bool
) -> str:
    trained = trained_model(run_id, step)
    mask = torch.ones(heads_shape(trained.model))
    for head in off:
        mask[head] = 0
    means = average_outputs(run_id, step, text)[0] if by_mean else None
    without = dataclasses.replace(trained, model=with_heads(trained.model, mask, means=means))
    sampling = SamplingConfig(temperature=TEMPERATURE)
    pieces = write_text(without, text, sampling, tokens=WRITTEN_TOKENS, seed=SEED)
    return [piece for piece in pieces if isinstance(piece, str)][-1]
