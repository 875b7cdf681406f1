"""A run's name, status and progress: the same wherever a run is shown."""

import streamlit as st

from minigpt.runs.status import Status
from ui.services import RunSnapshot, corpus_title
from ui.theme import STATUS_COLORS, STATUS_ICONS
from ui.wording import count, duration, number

STATUS_HELP = {
    Status.STARTING: "Its process is being started.",
    Status.RUNNING: "It trains in its own process. You can close this page.",
    Status.STALLED: "Its process lives but has not reported for 30 seconds.",
    Status.FINISHED: "It did all its steps.",
    Status.STOPPED: "Somebody stopped it. What it learnt so far is kept.",
    Status.FAILED: "It ended by itself, for the reason given.",
    Status.KILLED: "Its process ended without a word: out of memory, killed, or a restart. "
    "What it saved before is kept.",
}


def status_badge(status: Status) -> None:
    """The status as a coloured word."""
    st.badge(
        str(status), icon=STATUS_ICONS[status], color=STATUS_COLORS[status],
        help=STATUS_HELP[status],
    )  # fmt: skip


def subtitle(run: RunSnapshot) -> str:
    """What it is, in a line."""
    parameters = run.summary.parameters
    size = f" with {number(parameters)} parameters" if parameters else ""
    return f"{run.summary.rung}{size}, on {corpus_title(run.summary.corpus)}"


def progress(run: RunSnapshot) -> None:
    """How far it is, how fast it goes and how long it will take."""
    summary = run.summary
    share = min(1.0, summary.step / summary.steps) if summary.steps else 0.0
    st.progress(share, text=progress_text(run))


def progress_text(run: RunSnapshot) -> str:
    """The words on the progress bar."""
    summary = run.summary
    words = [f"Step {count(summary.step)} of {count(summary.steps)}"]
    if summary.status is Status.RUNNING and summary.tokens_per_second and summary.step:
        words.append(f"{number(summary.tokens_per_second)} tokens per second")
        seconds = run.state["seconds"] / summary.step * (summary.steps - summary.step)
        words.append(f"about {duration(seconds)} left")
    elif run.state.get("seconds"):
        words.append(f"took {duration(run.state['seconds'])}")
    return " · ".join(words)
