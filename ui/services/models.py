"""What the pages ask of trained models. Apart from `ui.services.runs` because it needs torch."""

import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any, get_args

import streamlit as st
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.trace import Trace, trace
from minigpt.jobs.machine import cores
from minigpt.jobs.worker.tensorboard import require_tensorboard
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import TrainedModel, open_model
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.sentences import N_
from minigpt.training.config import ComputeConfig, Device, Precision
from minigpt.training.precision import choose_device, require_precision
from ui.i18n import Later
from ui.services.compute import ComputeOptions
from ui.services.runs import store

MODELS_IN_MEMORY = 4
TRACES_IN_MEMORY = 16
GENERATIONS_AT_ONCE = 2

generation_slots = threading.BoundedSemaphore(GENERATIONS_AT_ONCE)


def trained_model(run_id: str, step: int | None) -> TrainedModel:
    """A model in eval mode, shared by all viewers.

    Raises:
        MiniGPTError: the run or the step is missing, or its weights are damaged.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _model(str(store().root), run_id, chosen.step, chosen.sha256)


@st.cache_resource(max_entries=MODELS_IN_MEMORY, show_spinner=Later(N_("Opening the model …")))
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
    return _trace(str(store().root), run_id, chosen.step, chosen.sha256, text)


@st.cache_resource(max_entries=TRACES_IN_MEMORY, show_spinner=False)
def _trace(root: str, run_id: str, step: int, sha256: str, text: str) -> Trace:
    trained = _model(root, run_id, step, sha256)
    # Typed, since an empty text would become a tensor of floats.
    tokens = torch.tensor([trained.tokenizer.encode(text)], dtype=torch.long)
    return trace(trained.model, tokens)


def written(
    trained: TrainedModel, prompt: str, sampling: SamplingConfig, *, tokens: int, seed: int
) -> Iterator[str]:
    """The continuation so far, once a token. Waits while too many others are generating.

    Raises:
        MiniGPTError: the prompt is empty or has unknown characters.
    """
    ids = trained.tokenizer.encode(prompt)
    drawn: list[int] = []
    with generation_slots:
        for token in islice(generate(trained.model, ids, sampling, seed=seed), tokens):
            drawn.append(token.id)
            yield trained.continuation(ids, drawn)


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
