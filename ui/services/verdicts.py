"""What is to be said of each run, judged once for all viewers."""

from pathlib import Path

import streamlit as st

from minigpt.runs.analysis.verdict import Verdict, verdict_of
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from ui.services.runs import store


def verdict(run: RunSummary) -> Verdict:
    """What is to be said of a run; judged again only when its files have changed.

    Raises:
        RunError: there is no such run.
    """
    there = store().open(run.id)
    try:
        # Metrics are appended to; all else that counts is replaced, of which the folder tells.
        changed = there.path.stat().st_mtime_ns, there.metrics.stat().st_size
    except OSError:  # deleted meanwhile, or not begun
        changed = (0, 0)
    return _verdict(str(there.path), changed, run.status)


@st.cache_data(max_entries=2048, show_spinner=False)
def _verdict(path: str, changed: tuple[int, int], status: Status) -> Verdict:
    return verdict_of(RunDirectory(Path(path)))
