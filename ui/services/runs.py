"""What the pages read of runs and texts, and how they start a run.

Results are shared by all viewers: thirty of them cost one read a tick, and a run that has ended is
not read again. Everything that needs torch is in `ui.services.models`.
"""

import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.corpora import (
    Corpus,
    CorpusSource,
    ValidationPart,
    all_sources,
    load_corpus,
    offline_default,
)
from minigpt.corpora.judging import Judging, look_at_part, text_warnings
from minigpt.corpora.statistics import CorpusStatistics, statistics
from minigpt.errors import CorpusError
from minigpt.files import open_plain
from minigpt.jobs import queue
from minigpt.jobs.fork_server import KeptForkServer
from minigpt.jobs.processes import open_fork_server
from minigpt.jobs.submission import submit_run
from minigpt.runs.analysis.leaderboard import ComputeHistory, read_compute_history
from minigpt.runs.analysis.metric_history import SharedTail
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import PRESETS
from minigpt.runs.records.requests import LONGEST_NAME
from minigpt.runs.store import RunStore, RunSummary
from minigpt.sentences import N_
from ui.i18n import Later, _, translated
from ui.services.snapshot import RunSnapshot as RunSnapshot

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
        is_settled = (
            changed is not None and self._store.host.now() - changed / 1e9 > SETTLED_SECONDS
        )
        if changed is not None and is_settled and not summary.status.is_live:
            self._ended[run.id] = (changed, summary)
        return summary


def _changed_at(folder: Path) -> int | None:
    """In nanoseconds since the epoch; None for a folder that is gone."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return None


Given = ParamSpec("Given")
Value = TypeVar("Value")
TICK_SECONDS = 2
FRESH_SECONDS = 1.0
RETRY_DOWNLOAD_SECONDS = 60
LOG_TAIL_BYTES = 8192
DEMO_RUN = "demo-shakespeare"
FIRST_CORPUS = "tiny-shakespeare"


def once_more(cached: Callable[Given, Value], *given: Given.args, **named: Given.kwargs) -> Value:
    """What a function answers that is cached for some seconds, also as these end.

    Streamlit first asks whether an answer is kept and then takes it, and where thirty look at once
    it may expire in between.
    """
    try:
        return cached(*given, **named)
    except KeyError:
        return cached(*given, **named)


def store() -> RunStore:
    """The folder of runs. Not cached: it is two words, and tests move it."""
    return RunStore.default()


def keep_fork_server() -> None:
    """Load what workers are forked from, once for the app, and again where it was killed.

    Asked for where trainings are planned: an app's first page comes a fifth later beside it.
    """
    _kept_fork_server().keep()


@st.cache_resource(show_spinner=False)
def _kept_fork_server() -> KeptForkServer:
    return KeptForkServer(open_fork_server)


@st.cache_data(ttl=FRESH_SECONDS, max_entries=4, show_spinner=False)
def list_runs(root: str) -> list[RunSummary]:
    """Every run, newest first. Whoever looks also lets the queue move on."""
    queue.start_due_runs(store())
    return _known_runs(root).summaries()


@st.cache_resource(max_entries=4, show_spinner=False)
def _known_runs(root: str) -> KnownRuns:
    return KnownRuns(RunStore(Path(root)))


def all_runs() -> list[RunSummary]:
    """Every run of the current folder, newest first."""
    return list_runs(str(store().root))


def snapshot(run_id: str) -> RunSnapshot:
    """One run as it is now, at most a second old.

    Raises:
        RunError: there is no such run.
    """
    run = store().open(run_id)
    return once_more(_snapshot, str(run.path), run_id)


# Shared and not copied for each viewer: nothing in it is ever changed.
@st.cache_resource(ttl=FRESH_SECONDS, max_entries=64, show_spinner=False)
def _snapshot(path: str, run_id: str) -> RunSnapshot:
    run, position = store().open(run_id), None
    if run.is_queued:
        queue.start_due_runs(store())
        position = queue.positions(store()).get(run_id)
    return RunSnapshot(
        # First: what was written until the end is then read for certain.
        summary=store().summarise(run),
        settings=run.settings(),
        state=run.state(),
        end=run.exit(),
        launch=run.launch(),
        control=run.control(),
        history=_tail(path).read(),
        checkpoints=tuple(list_checkpoints(run.weights)),
        queue_position=position,
    )


def forget_run(run_id: str) -> None:
    """Read a run anew at the next look, because something was done to it."""
    _snapshot.clear(str(store().root / run_id), run_id)
    list_runs.clear()


@st.cache_resource(max_entries=64, show_spinner=False)
def _tail(path: str) -> SharedTail:
    return SharedTail(RunDirectory(Path(path)))


@dataclass(frozen=True)
class LogEnd:
    """The last of what a worker printed."""

    text: str
    is_cut: bool
    """Whether there is more before it."""


@st.cache_data(ttl=FRESH_SECONDS, max_entries=64, show_spinner=False)
def _log_end(path: str) -> LogEnd:
    try:
        with open_plain(Path(path)) as file:
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - LOG_TAIL_BYTES))
            text = file.read(LOG_TAIL_BYTES).decode("utf-8", errors="replace")
    except OSError:
        return LogEnd("", is_cut=False)
    return LogEnd(text, is_cut=length > LOG_TAIL_BYTES)


def log_tail(run_id: str) -> LogEnd:
    """The end of a run's log, however long the log is.

    Raises:
        RunError: there is no such run.
    """
    return _log_end(str(store().open(run_id).log))


def texts() -> list[CorpusSource]:
    """Every text that can be chosen."""
    return all_sources()


@st.cache_resource(max_entries=4, show_spinner=Later(N_("Reading the text …")))
def corpus(name: str, validation: ValidationPart = "last") -> Corpus:
    """A text in full, and which tenth of it judges; shared, never changed.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return load_corpus(name, validation=validation)


@st.cache_data(max_entries=8, show_spinner=Later(N_("Counting …")))
def corpus_statistics(name: str, validation: ValidationPart = "last") -> CorpusStatistics:
    """Counts of a text, and entropies of the tenth of it that judges.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return statistics(corpus(name, validation))


@st.cache_data(max_entries=32, show_spinner=Later(N_("Comparing the parts of the text …")))
def corpus_judging(name: str, validation: ValidationPart = "last") -> Judging | None:
    """Whether that tenth of a text is a fair judge; None for a very short text.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return look_at_part(corpus(name, validation))


@st.cache_data(max_entries=32, show_spinner=False)
def corpus_warnings(name: str, validation: ValidationPart = "last") -> list[str]:
    """What speaks against training on a text.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return text_warnings(corpus(name, validation), corpus_judging(name, validation))


def corpus_title(name: str) -> str:
    """The name people read; the key itself for a text that is gone."""
    return next((translated(source.title) for source in texts() if source.name == name), name)


@st.cache_data(
    ttl=RETRY_DOWNLOAD_SECONDS, max_entries=1, show_spinner=Later(N_("Fetching a first text …"))
)
def first_corpus() -> str:
    """The text of a first run: Shakespeare where it can be had, else one that is always here."""
    try:
        return corpus(FIRST_CORPUS).name
    except CorpusError:
        return offline_default()


def free_name(name: str) -> str:
    """The name, numbered where other runs have it: "First run", "First run 2", ..."""
    taken = {run.name for run in all_runs()}
    numbered = (f"{name[: LONGEST_NAME - len(f' {one}')]} {one}" for one in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def start_run(
    config: RunConfig, *, name: str, owner: str = "", idempotency_key: str = ""
) -> RunDirectory:
    """Start training in the background; equal keys give one and the same run.

    Raises:
        MiniGPTError: the text or the settings cannot work, or the owner has too many runs.
    """
    run = submit_run(store(), config, name=name, owner=owner, idempotency_key=idempotency_key)
    list_runs.clear()
    return run


def train_one_now(*, owner: str = "", idempotency_key: str = "") -> RunDirectory:
    """Start the quick preset on the first text; equal keys give one and the same run.

    Raises:
        MiniGPTError: no text could be read, or the run could not be written.
    """
    name = first_corpus()
    config = PRESETS["quick"].config.changed({"corpus.name": name})
    first = _("First run on {corpus_title}", corpus_title=corpus_title(name))
    return start_run(config, name=free_name(first), owner=owner, idempotency_key=idempotency_key)


def grow_copying_head(*, owner: str = "", idempotency_key: str = "") -> RunDirectory:
    """Start the preset whose heads learn to copy; equal keys give one and the same run.

    Raises:
        MiniGPTError: the run could not be written.
    """
    config = PRESETS["copying"].config
    name = _("A head that copies")
    return start_run(config, name=free_name(name), owner=owner, idempotency_key=idempotency_key)


def compute_history(run_id: str) -> ComputeHistory:
    """What a leaderboard needs of a run; read again only when its metrics have grown.

    Raises:
        RunError: there is no such run.
    """
    run = store().open(run_id)
    size = run.metrics.stat().st_size if run.metrics.exists() else 0
    return _compute_history(str(run.path), size)


@st.cache_data(max_entries=512, show_spinner=Later(N_("Reading the curves …")))
def _compute_history(path: str, size: int) -> ComputeHistory:
    return read_compute_history(RunDirectory(Path(path)))
