"""What the list of runs says, for all viewers; what has ended is not read again at every look."""

import threading
import time
from pathlib import Path

from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore, RunSummary

SETTLED_SECONDS = 3.0
"""How old a change of a folder must be for the next one to bear another time for certain."""


class KnownRuns:
    """The runs of one folder. Remembers those that have ended, until their files change.

    All that a summary tells of a run that has ended comes from files which are replaced whole, so
    each change of one is a change of its folder, and the folder's time tells of it.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._ended: dict[str, tuple[int, RunSummary]] = {}
        self._lock = threading.Lock()

    def summaries(self) -> list[RunSummary]:
        """Every run, newest first."""
        with self._lock:
            found = [self._summary(run) for run in self._store.all()]
            there = {summary.id for summary in found}
            self._ended = {run: known for run, known in self._ended.items() if run in there}
        return found

    def _summary(self, run: RunDirectory) -> RunSummary:
        # Before its files are read: what changes meanwhile is then read at the next look.
        changed = _changed_at(run.path)
        known = self._ended.get(run.id)
        if known and known[0] == changed:
            return known[1]
        summary = self._store.summarise(run)
        is_settled = changed is not None and time.time() - changed / 1e9 > SETTLED_SECONDS
        if changed is not None and is_settled and not summary.status.is_live:
            self._ended[run.id] = (changed, summary)
        return summary


def _changed_at(folder: Path) -> int | None:
    """In nanoseconds since the epoch; None for a folder that is gone."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None
