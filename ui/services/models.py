"""What the pages ask of trained models. Apart from `ui.services.runs` because it needs torch."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, get_args
from weakref import WeakKeyDictionary, WeakValueDictionary

import streamlit as st
import torch

from minigpt.errors import ConfigurationError
from minigpt.interop.state_dict import state_dict_bytes as weights_for_torch
from minigpt.introspection.trace import (
    Trace,
    longest_trace,
    require_small,
    trace,
    trace_bytes,
)
from minigpt.jobs.machine import cores
from minigpt.jobs.worker.tensorboard import require_tensorboard
from minigpt.models.language_model import LanguageModel
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.sampling.decoder import ROWS, kept_bytes, require_prompt
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import Continuation
from minigpt.sampling.shared import SharedContinuations
from minigpt.sentences import N_
from minigpt.training.config import ComputeConfig, Device, Precision
from minigpt.training.precision import choose_device, require_precision
from ui.i18n import Later
from ui.services.compute import ComputeOptions
from ui.services.runs import store
from ui.services.turns import Turns, Waiting, by_turns

MODELS_IN_MEMORY = 4
LARGEST_TRACE_BYTES = 64_000_000
"""Of one text; a trace grows with the square of its length."""
TRACES_BYTES = 256_000_000
"""Of all texts that are kept for whoever looks at them next."""
TRACES_SECONDS = 1800.0
"""After how long without a look a trace is forgotten; of models it is since they were opened."""
MOST_TEXTS_AT_ONCE = 32
"""Of one model; they grow together, a step for all at a time."""
TEXTS_BYTES = 256_000_000
"""For what is kept of them between steps."""
TOKENS_A_TURN = 256
"""Few texts are longer; whoever writes a longer one lets others in, if there are any waiting."""
WAIT_SECONDS = 0.5
"""How often whoever waits is told where they stand, and whether they pressed Stop is noticed."""


def trained_model(run_id: str, step: int | None) -> TrainedModel:
    """A model in eval mode, shared by all viewers.

    Raises:
        MiniGPTError: the run or the step is missing, or its weights are damaged.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _model(str(store().root), run_id, chosen.step, chosen.sha256)


@st.cache_resource(
    max_entries=MODELS_IN_MEMORY, ttl=TRACES_SECONDS, show_spinner=Later(N_("Opening the model …"))
)
def _model(root: str, run_id: str, step: int, sha256: str) -> TrainedModel:
    # Small models draw tokens faster on one thread, and viewers leave the other cores alone.
    torch.set_num_threads(1)
    return open_model(store().open(run_id), step=step)


def traced(run_id: str, step: int | None, text: str) -> Trace:
    """Everything inside the model on one text; shared, never changed.

    Raises:
        MiniGPTError: the text has unknown characters or is too long, or the model is missing.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    root = str(store().root)
    trained = _model(root, run_id, chosen.step, chosen.sha256)
    ids = trained.tokenizer.encode(text)
    trained.model.require_context(len(ids))
    require_small(trained.model, len(ids), most_bytes=LARGEST_TRACE_BYTES)
    key = (root, run_id, chosen.step, chosen.sha256, text)
    size = trace_bytes(trained.model, length=len(ids))
    return _traces().get(key, size, lambda: trace(trained.model, torch.tensor([ids])))


def longest_text(trained: TrainedModel) -> int:
    """How many tokens a text may have whose trace is small enough to be looked at."""
    return longest_trace(trained.model, LARGEST_TRACE_BYTES)


class TraceCache:
    """The traces that were looked at last, limited by what they take together, and by age."""

    def __init__(self, most_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._clock, self._lock = most_bytes, clock, threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], tuple[int, Trace]] = OrderedDict()
        self._looked_at: dict[tuple[object, ...], float] = {}

    def get(self, key: tuple[object, ...], size: int, make: Callable[[], Trace]) -> Trace:
        """The trace of that key, made if it is not kept; what was not looked at longest goes."""
        # One at a time: what thirty people compute at once is in memory at once.
        with self._lock:
            now = self._clock()
            self._forget(until=now - TRACES_SECONDS)
            if key not in self._kept:
                while self._kept and self.bytes + size > self._most:
                    self._forget_first()
                self._kept[key] = (size, make())
            self._kept.move_to_end(key)
            self._looked_at[key] = now
            return self._kept[key][1]

    def _forget(self, *, until: float) -> None:
        while self._kept and self._looked_at[next(iter(self._kept))] < until:
            self._forget_first()

    def _forget_first(self) -> None:
        key, _ = self._kept.popitem(last=False)
        del self._looked_at[key]

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(size for size, _ in self._kept.values())


@st.cache_resource(show_spinner=False)
def _traces() -> TraceCache:
    return TraceCache(TRACES_BYTES)


def written(
    trained: TrainedModel, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> Iterator[str | Waiting]:
    """The continuation so far, once a token; in between, how many others are before it.

    Raises:
        MiniGPTError: at once, if the prompt has unknown characters, or is empty and the model
            knows no line break to begin after.
    """
    ids = trained.prompt_ids(prompt)
    require_prompt(ids)
    writers = writers_of(trained.model)
    return by_turns(
        writers.turns,
        _continuations(trained, writers.texts, Continuation(tuple(ids), sampling, seed), tokens),
        count=tokens,
        length=TOKENS_A_TURN,
        patience=WAIT_SECONDS,
    )


def _continuations(
    trained: TrainedModel, texts: SharedContinuations, text: Continuation, tokens: int
) -> Iterator[str]:
    drawn: list[int] = []
    for begun in range(0, tokens, TOKENS_A_TURN):  # between turns the text grows no longer
        for token in texts.draw(text, min(TOKENS_A_TURN, tokens - begun)):
            drawn.append(token.id)
            yield trained.continuation(text.prompt, drawn)


@dataclass(frozen=True)
class Writers:
    """Those who let one model write: their texts, which grow together, and the line for a place."""

    texts: SharedContinuations
    turns: Turns


_turns: WeakKeyDictionary[LanguageModel, Turns] = WeakKeyDictionary()
# Texts hold their model, which so would never be forgotten: they are there while somebody writes,
# and as long no other object has the model's id.
_texts: WeakValueDictionary[int, SharedContinuations] = WeakValueDictionary()
_writers_lock = threading.Lock()


def writers_of(model: LanguageModel) -> Writers:
    """Those of a model; as many at once as its memory for them allows."""
    with _writers_lock:
        if (turns := _turns.get(model)) is None:
            one = kept_bytes(model, texts=ROWS, length=model.context_length) // ROWS
            places = max(1, min(MOST_TEXTS_AT_ONCE, TEXTS_BYTES // max(1, one)))
            turns = _turns[model] = Turns(places)
        if (texts := _texts.get(id(model))) is None:
            texts = _texts[id(model)] = SharedContinuations(model)
        return Writers(texts, turns)


def state_dict_bytes(run_id: str, step: int) -> bytes:
    """The weights of one step as a file for `torch.load`.

    Raises:
        MiniGPTError: the run or the step is missing, or its weights are damaged.
    """
    return weights_for_torch(open_model(store().open(run_id), step=step).model)


@st.cache_resource(show_spinner=False)
def compute_options() -> ComputeOptions:
    """What this computer can compute with; looked up once."""
    devices = tuple(name for name in get_args(Device) if _works(device=name))
    return ComputeOptions(
        devices=devices,
        precisions={
            device: tuple(
                name for name in get_args(Precision) if _works(device=device, precision=name)
            )
            for device in devices
        },
        cards=torch.cuda.device_count(),
        cores=cores(),
        tensorboard=_has_tensorboard(),
    )


def _works(**choices: Any) -> bool:
    try:
        compute = ComputeConfig(**choices)
        require_precision(compute, choose_device(compute))
    except ConfigurationError:
        return False
    return True


def _has_tensorboard() -> bool:
    try:
        require_tensorboard()
    except ConfigurationError:
        return False
    return True
