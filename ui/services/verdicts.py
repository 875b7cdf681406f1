"""What is to be said of each run, judged once for all viewers."""

import threading
from pathlib import Path

import streamlit as st

from minigpt.runs.analysis.verdict import Verdict, verdict_of
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import MetricRow
from minigpt.runs.records.rows import Evaluations
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from ui.services.runs import store

LIVE_RUNS = 16
"""That are followed at a time. What strangers bring has ended, and is not kept in memory."""


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
    # A run that trains is judged at every tick: what it wrote before is not read again.
    rows = _followed(path).read() if status.is_live else None
    return verdict_of(RunDirectory(Path(path)), rows)


class _Followed:
    """The evaluations of one run, for all who ask at once."""

    def __init__(self, run: RunDirectory) -> None:
        self._evaluations, self._lock = Evaluations(run.metrics), threading.Lock()

    def read(self) -> list[MetricRow]:
        with self._lock:
            return self._evaluations.read()


@st.cache_resource(max_entries=LIVE_RUNS, show_spinner=False)
def _followed(path: str) -> _Followed:
    return _Followed(RunDirectory(Path(path)))
