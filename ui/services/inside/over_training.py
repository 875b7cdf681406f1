"""What plain counting explains of a run's model, step by step; measured once, whoever looks."""

import threading

import streamlit as st

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.runs.analysis.inside.over_training import (
    AtStep,
    Yardstick,
    at_step,
    steps_looked_at,
    yardstick,
)
from minigpt.runs.directory import choose_checkpoint
from minigpt.runs.trained_model import open_model
from ui.services.inside.sampled import require_no_download
from ui.services.runs import store

YARDSTICKS, STEPS = 2, 1024
"""Of a large vocabulary a yardstick takes some 100 MB; what is known of a step takes little."""
_one_at_a_time = threading.Lock()
"""What thirty people measure at once is in memory at once."""


def steps_of(run_id: str) -> list[int]:
    """The kept steps that are looked at.

    Raises:
        MiniGPTError: nothing was kept.
    """
    return steps_looked_at(store().open(run_id))


def yardstick_of(run_id: str) -> Yardstick:
    """What every step of a run is measured on.

    Raises:
        MiniGPTError: the run's text is not here, or has changed.
    """
    run = store().open(run_id)
    require_no_download(run)
    kept = list_checkpoints(run.weights)
    return _counted(str(store().root), run_id, kept[0].sha256 if kept else "")


def measures_at_step(run_id: str, step: int) -> AtStep:
    """What is known of one kept step.

    Raises:
        MiniGPTError: it is not there any more, or the run's text is not here.
    """
    chosen = choose_checkpoint(store().open(run_id), step)
    return _measured(str(store().root), run_id, chosen.step, chosen.sha256)


@st.cache_resource(max_entries=YARDSTICKS, show_spinner=False)
def _counted(root: str, run_id: str, sha256: str) -> Yardstick:
    with _one_at_a_time:
        run = store().open(run_id)
        return yardstick(run, open_model(run, step=None))


@st.cache_data(max_entries=STEPS, show_spinner=False)
def _measured(root: str, run_id: str, step: int, sha256: str) -> AtStep:
    on = yardstick_of(run_id)
    with _one_at_a_time:
        return at_step(store().open(run_id), step, on)
