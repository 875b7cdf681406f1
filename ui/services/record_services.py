"""What the leaderboard reads of many runs at once. Shared by all viewers, as `ui.services.runs`."""

from pathlib import Path

import streamlit as st

from minigpt.runs.analysis.leaderboard import Record, read_record
from minigpt.runs.directory import RunDirectory
from ui.services.runs import store


def record(run_id: str) -> Record:
    """What a leaderboard needs of a run; read again only when its metrics have grown.

    Raises:
        RunError: there is no such run.
    """
    run = store().open(run_id)
    size = run.metrics.stat().st_size if run.metrics.exists() else 0
    return _record(str(run.path), size)


@st.cache_data(max_entries=512, show_spinner="Reading the curves …")
def _record(path: str, size: int) -> Record:
    return read_record(RunDirectory(Path(path)))
