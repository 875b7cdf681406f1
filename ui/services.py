"""What the pages read and start. Results are shared by all viewers: thirty cost one read a tick.

The only cached functions besides `ui.model_services`, which holds those that need torch.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.corpora import Corpus, CorpusSource, all_sources, load_corpus, offline_default
from minigpt.corpora.statistics import CorpusStatistics, statistics
from minigpt.errors import CorpusError, MiniGPTError
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.launcher import start_run
from minigpt.runs.metrics import MetricsTail, downsample
from minigpt.runs.presets import PRESETS
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, RunSummary

TICK_SECONDS = 2
FRESH_SECONDS = 1.0
MOST_CHART_POINTS = 500
RETRY_DOWNLOAD_SECONDS = 60
DEMO_RUN = "demo-shakespeare"
FIRST_CORPUS = "tiny-shakespeare"

Curve = Sequence[tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class RunSnapshot:
    """All that a page shows of one run, at one moment."""

    summary: RunSummary
    config: Mapping[str, Any]
    state: Mapping[str, Any]
    end: Mapping[str, Any]
    curves: Mapping[str, Curve]
    """Metric name to (step, value), thinned out to what a chart can show."""
    samples: Sequence[Mapping[str, Any]]
    events: Sequence[Mapping[str, Any]]
    checkpoints: Sequence[Checkpoint]

    @property
    def status(self) -> Status:
        """How the run is doing."""
        return self.summary.status


def store() -> RunStore:
    """The folder of runs. Not cached: it is two words, and tests move it."""
    return RunStore.default()


@st.cache_data(ttl=FRESH_SECONDS, max_entries=4, show_spinner=False)
def list_runs(root: str) -> list[RunSummary]:
    """Every run, newest first."""
    runs = store()
    return [runs.summarise(run) for run in runs.all()]


def runs() -> list[RunSummary]:
    """Every run of the current folder, newest first."""
    return list_runs(str(store().root))


def snapshot(run_id: str) -> RunSnapshot:
    """One run as it is now, at most a second old.

    Raises:
        RunError: there is no such run.
    """
    run = store().open(run_id)
    return _snapshot(str(run.path), run_id)


@st.cache_data(ttl=FRESH_SECONDS, max_entries=64, show_spinner=False)
def _snapshot(path: str, run_id: str) -> RunSnapshot:
    run = store().open(run_id)
    return RunSnapshot(
        summary=store().summarise(run),
        config=run.read("config"),
        state=run.read("state"),
        end=run.read("exit"),
        curves=_tail(path).curves(),
        samples=run.lines("samples"),
        events=run.lines("events"),
        checkpoints=list_checkpoints(run.weights),
    )


class SharedTail:
    """One reader of one metrics file for all viewers; reads only what was appended."""

    NAMES = ("train_loss", "validation_loss", "learning_rate", "gradient_norm")

    def __init__(self, run: RunDirectory) -> None:
        self._tail = MetricsTail(run.metrics)
        self._lock = threading.Lock()

    def curves(self) -> dict[str, Curve]:
        """Every metric as a thinned-out curve."""
        with self._lock:
            rows = self._tail.refresh()
            return {name: _curve(rows, name) for name in self.NAMES}


@st.cache_resource(max_entries=64, show_spinner=False)
def _tail(path: str) -> SharedTail:
    return SharedTail(store().open(path.replace("\\", "/").rsplit("/", 1)[-1]))


def _curve(rows: Sequence[Mapping[str, Any]], name: str) -> Curve:
    points = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
    return downsample(points, MOST_CHART_POINTS)


def texts() -> list[CorpusSource]:
    """Every text that can be chosen."""
    return all_sources()


@st.cache_resource(max_entries=4, show_spinner="Reading the text …")
def corpus(name: str) -> Corpus:
    """A text in full; shared, never changed.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return load_corpus(name)


@st.cache_data(max_entries=8, show_spinner="Counting …")
def corpus_statistics(name: str) -> CorpusStatistics:
    """Counts and entropies of a text.

    Raises:
        CorpusError: it cannot be read or fetched.
    """
    return statistics(corpus(name))


def corpus_title(name: str) -> str:
    """The name people read; the key itself for a text that is gone."""
    return next((source.title for source in texts() if source.name == name), name)


@st.cache_data(ttl=RETRY_DOWNLOAD_SECONDS, max_entries=1, show_spinner="Fetching a first text …")
def first_corpus() -> str:
    """The text of a first run: Shakespeare where it can be had, else one that is always here."""
    try:
        return corpus(FIRST_CORPUS).name
    except CorpusError:
        return offline_default()


def begin(config: RunConfig, *, name: str) -> RunDirectory:
    """Start training in the background.

    Raises:
        MiniGPTError: the text or the settings cannot work.
    """
    run = start_run(store(), config, name=name)
    list_runs.clear()
    return run


def train_one_now() -> RunDirectory:
    """Start the quick preset on the first text.

    Raises:
        MiniGPTError: no text could be read, or the run could not be written.
    """
    name = first_corpus()
    config = PRESETS["quick"].config.changed({"corpus.name": name})
    return begin(config, name=f"First run on {corpus_title(name)}")


def entropy_lines(snapshot: RunSnapshot) -> dict[str, float]:
    """What loss a simple guesser would have on this run's text, by its name.

    Only a character model's loss can be compared with counts of characters; and only of a text
    that is at hand, since nothing here may wait for a download.
    """
    name = snapshot.config.get("corpus", {}).get("name", "")
    if snapshot.config.get("tokenizer", {}).get("kind") != "character":
        return {}
    ready = {source.name for source in texts() if source.is_ready()}
    if name not in ready:
        return {}
    try:
        found = corpus_statistics(name).entropies
    except MiniGPTError:
        return {}
    return {
        "even guess": found.uniform,
        "letter counts": found.unigram,
        "letter pairs": found.bigram,
        "letter triples": found.trigram,
    }
