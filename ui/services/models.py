"""What the pages ask of trained models. Apart from `ui.services.runs` because it needs torch."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, Generic, TypeVar, get_args

import streamlit as st
import torch
from streamlit.runtime.scriptrunner import get_script_run_ctx
from torch import Tensor

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
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
from minigpt.training.config import ComputeConfig, Device, Precision
from minigpt.training.precision import choose_device, require_precision
from ui.i18n import _
from ui.services.compute import ComputeOptions
from ui.services.runs import store

MODELS_BYTES = 1_000_000_000
"""Of all models that are kept for whoever looks at them next: a film wants those of many steps."""
LARGEST_TRACE_BYTES = 64_000_000
"""Of one text; a trace grows with the square of its length."""
TRACES_BYTES = 256_000_000
"""Of all texts that are kept for whoever looks at them next."""
TRACES_SECONDS = 1800.0
"""After how long without a look a trace or a model is forgotten."""


def trained_model(run_id: str, step: int | None) -> TrainedModel:
    """A model in eval mode, shared by all viewers.

    Raises:
        MiniGPTError: the run or the step is missing, or its weights are damaged.
    """
    return _model(run_id, choose_checkpoint(store().open(run_id), step))


def kept_steps(run_id: str) -> list[int]:
    """The steps of a run whose weights are there, in order.

    Raises:
        MiniGPTError: the run is missing, or nothing that was trained is saved yet.
    """
    run = store().open(run_id)
    choose_checkpoint(run, None)
    return [one.step for one in list_checkpoints(run.weights)]


def _model(run_id: str, chosen: Checkpoint) -> TrainedModel:
    def read() -> TrainedModel:
        # Small models draw tokens faster on one thread, and viewers leave the other cores alone.
        torch.set_num_threads(1)
        # A thread of our own, which computes ahead, draws nothing.
        is_seen = get_script_run_ctx(suppress_warning=True) is not None
        with st.spinner(_("Opening the model …")) if is_seen else nullcontext():
            return open_model(store().open(run_id), step=chosen.step)

    key = (str(store().root), run_id, chosen.step, chosen.sha256)
    return _models().get(key, chosen.bytes, read)


def trace_of(run_id: str, step: int | None, text: str) -> Trace:
    """Everything inside the model on one text; shared, never changed.

    Raises:
        MiniGPTError: the text has unknown characters or is too long, the model is missing, or it
            computes with numbers that are too large.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    root = str(store().root)
    trained = _model(run_id, chosen)
    ids = trained.tokenizer.encode(text)
    trained.model.require_context(len(ids))
    require_small(trained.model, len(ids), most_bytes=LARGEST_TRACE_BYTES)
    key = (root, run_id, chosen.step, chosen.sha256, text)
    size = trace_bytes(trained.model, length=len(ids))
    return _traces().get(key, size, lambda: _traced(trained.model, ids))


def _traced(model: LanguageModel, ids: list[int]) -> Trace:
    found = trace(model, torch.tensor([ids]))
    require_numbers(found.logits, *(layer.residual_after for layer in found.layers))
    return found


LARGEST_NUMBER = 1e15
"""Sums and squares of what is smaller are still numbers, and a sound model has none near it."""


def require_numbers(*tables: Tensor) -> None:
    """Refuse what a model computes where nothing true can be said about it.

    Raises:
        ConfigurationError: some of it is no number, or absurdly large.
    """
    for table in tables:
        # Turned round, because no comparison with what is no number is true.
        if table.numel() and not bool((table.abs().max() < LARGEST_NUMBER).item()):
            raise ConfigurationError(
                "The numbers inside this model grow beyond what a computer can count with, so "
                "there is nothing true to show of it. Choose another step or another run."
            )


def longest_text(trained: TrainedModel) -> int:
    """How many tokens a text may have whose trace is small enough to be looked at."""
    return longest_trace(trained.model, LARGEST_TRACE_BYTES)


Value = TypeVar("Value")


class SizedCache(Generic[Value]):
    """What was looked at last, limited by what it takes together, and by age.

    Args:
        most_bytes: All together.
        clock: Seconds.
        at_once: How many are made at a time. What is made in turn is never made twice.
    """

    def __init__(
        self,
        most_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        *,
        at_once: int = 1,
    ) -> None:
        self._most, self._clock = most_bytes, clock
        self._lock, self._making = threading.Lock(), threading.BoundedSemaphore(at_once)
        self._kept: OrderedDict[tuple[object, ...], tuple[int, Value]] = OrderedDict()
        self._looked_at: dict[tuple[object, ...], float] = {}

    def get(self, key: tuple[object, ...], size: int, make: Callable[[], Value]) -> Value:
        """What has that key, made if it is not kept; what was not looked at longest goes."""
        # What is kept waits for nobody. What is not, is made a few at a time: what thirty people
        # compute at once is in memory at once.
        if found := self._found(key):
            return found[1]
        with self._making:
            if found := self._found(key):  # made by whoever was before
                return found[1]
            with self._lock:
                self._make_room(size)
            made = make()
            with self._lock:
                self._make_room(size)  # others may have come meanwhile
                self._kept[key] = (size, made)
                self._looked_at[key] = self._clock()
            return made

    def _found(self, key: tuple[object, ...]) -> tuple[int, Value] | None:
        with self._lock:
            now = self._clock()
            self._forget(until=now - TRACES_SECONDS)
            if found := self._kept.get(key):
                self._kept.move_to_end(key)
                self._looked_at[key] = now
            return found

    def __contains__(self, key: tuple[object, ...]) -> bool:
        """Whether it is kept; it may be forgotten by the time that it is asked for."""
        return key in self._kept

    def _forget(self, *, until: float) -> None:
        while self._kept and self._looked_at[next(iter(self._kept))] < until:
            self._forget_first()

    def _make_room(self, size: int) -> None:
        while self._kept and self.bytes + size > self._most:
            self._forget_first()

    def _forget_first(self) -> None:
        key, _ = self._kept.popitem(last=False)
        del self._looked_at[key]

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(size for size, _ in self._kept.values())


@st.cache_resource(show_spinner=False)
def _traces() -> SizedCache[Trace]:
    return SizedCache(TRACES_BYTES)


@st.cache_resource(show_spinner=False)
def _models() -> SizedCache[TrainedModel]:
    return SizedCache(MODELS_BYTES)


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
