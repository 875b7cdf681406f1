"""What a training will take: instantly as a rough guess, then as measured on this machine."""

import streamlit as st

from minigpt.jobs.estimate.calibration import calibrate_in_background
from minigpt.jobs.estimate.estimate import Estimate, estimate
from minigpt.jobs.estimate.token_counts import TextFacts
from minigpt.runs.config import RunConfig
from ui.messages import escape
from ui.services import runs
from ui.wording import duration, size

TICK_SECONDS = 2


def show_effort(config: RunConfig, text: TextFacts) -> None:
    """Time and memory, which fill in by themselves while one goes on with the form."""
    # While others train, a measurement would slow them down and tell of a busy machine.
    is_quiet = not any(run.status.has_worker for run in runs.runs())
    waits = is_quiet and _begin(config, text)

    def effort() -> None:
        _draw(config, text, waits=waits)

    st.fragment(effort, run_every=TICK_SECONDS if waits else None)()


def _begin(config: RunConfig, text: TextFacts) -> bool:
    return calibrate_in_background(config, vocabulary_size=text.vocabulary_size)


def _draw(config: RunConfig, text: TextFacts, *, waits: bool) -> None:
    if waits and not _begin(config, text):
        st.rerun()  # it is known: the whole page once more, and the timer ends
    known = estimate(config, text)
    left, right = st.columns(2)
    left.metric("Time", "?" if known.seconds is None else f"≈ {duration(known.seconds)}")
    right.metric("Memory", f"≈ {size(known.memory_bytes)}")
    st.caption(basis_in_words(known, waits=waits))


def basis_in_words(known: Estimate, *, waits: bool) -> str:
    """What the numbers rest on."""
    if waits:
        return "A rough guess; some steps are being timed on this machine …"
    measured = ["Time measured on this machine."] if known.basis == "measured" else []
    return escape(" ".join([*measured, *known.notes]))
