"""Several runs that answer one question together: found if they are here, started if not.

A run belongs to an experiment because it has its settings and its text, whoever started it: equal
settings on one machine give equal runs, so what is there already is used again.
"""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from minigpt.errors import MiniGPTError, RunError
from minigpt.jobs import actions
from minigpt.jobs.limits import Limits
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from ui.services import runs
from ui.services.texts import token_counts_of

CONFIGS_IN_MEMORY = 4096
PATIENCE_SECONDS = 30.0
_one_begins = threading.Lock()
"""A class presses at once; whoever comes second finds what the first has started."""
Configs = Mapping[str, RunConfig]
"""What is to be trained, by names that stay."""


@dataclass(frozen=True, kw_only=True)
class ExperimentRuns:
    """The runs of an experiment at one moment."""

    runs: Mapping[str, RunSummary]
    """By name: those that did all their steps, or will without anybody doing anything."""
    ended_early: Mapping[str, tuple[RunSummary, ...]] = field(default_factory=dict)
    """By name: those that did not do all their steps."""

    @property
    def are_live(self) -> bool:
        """Whether more is to be expected."""
        return any(one.status.is_live for one in self.runs.values())

    def missing(self, configs: Configs) -> list[str]:
        """What would have to be started."""
        return [name for name in configs if name not in self.runs]

    def of(self, owner: str) -> list[RunSummary]:
        """Those that somebody started and that still go on."""
        return [one for one in self.runs.values() if one.owner == owner and one.status.is_live]


def find_runs(configs: Configs) -> ExperimentRuns:
    """The runs with these settings; of several, one that has ended, else the one that began first.

    Raises:
        MiniGPTError: the text cannot be had.
    """
    wanted = {name: _with_text(config) for name, config in configs.items()}
    kinds = {(config.rung, config.corpus.name) for config in wanted.values()}
    there: dict[str, RunSummary] = {}
    ended: dict[str, list[RunSummary]] = {}
    for summary in sorted(runs.all_runs(), key=lambda one: (one.created_at, one.id)):
        if (summary.rung, summary.corpus) not in kinds:
            continue  # without opening it
        config = _config(str(runs.store().root / summary.id))
        for name in (name for name, one in wanted.items() if one == config):
            if summary.status is Status.FINISHED or summary.status.is_live:
                best = there.get(name)
                if best is None or (best.status.is_live and not summary.status.is_live):
                    there[name] = summary
            else:
                ended.setdefault(name, []).append(summary)
    return ExperimentRuns(
        runs=there, ended_early={name: tuple(some) for name, some in ended.items()}
    )


def _with_text(config: RunConfig) -> RunConfig:
    text = runs.corpus(config.corpus.name, config.corpus.validation)
    return config.changed({"corpus.sha256": text.sha256})


# What a run was started with never changes.
@st.cache_resource(max_entries=CONFIGS_IN_MEMORY, show_spinner=False)
def _config(path: str) -> RunConfig | None:
    run = RunDirectory(Path(path))
    # Whoever brings a run may write any settings beside any weights.
    if run.meta().imported:
        return None
    try:
        return run.config()
    except (MiniGPTError, TypeError):
        return None


def start_missing(configs: Configs, names: Mapping[str, str], *, owner: str) -> list[RunDirectory]:
    """Start what is missing, in order; pressing twice, or at once, starts nothing twice.

    Raises:
        MiniGPTError: one was refused; those before it have been started.
    """
    find_runs(configs)  # reads the text, for which nobody else has to wait
    if not _one_begins.acquire(timeout=PATIENCE_SECONDS):
        raise RunError("Many runs are being started. Try again in a few seconds.")
    try:
        return _begin(configs, names, owner)
    finally:
        _one_begins.release()


def _begin(configs: Configs, names: Mapping[str, str], owner: str) -> list[RunDirectory]:
    runs.keep_fork_server()  # for all but the first
    runs.list_runs.clear()  # it may have been read before others began theirs
    found = find_runs(configs)
    started = []
    for name in found.missing(configs):
        config = configs[name]
        Limits.from_environment().require_size(
            config, vocabulary_size=token_counts_of(config).vocabulary_size
        )
        key = _key(config, owner, found.ended_early.get(name, ()))
        started.append(
            runs.start_run(
                config, name=runs.free_name(names[name]), owner=owner, idempotency_key=key
            )
        )
    return started


def _key(config: RunConfig, owner: str, ended: tuple[RunSummary, ...]) -> str:
    # After one that ended early, another one.
    what = [config.to_dict(), owner, sorted(one.id for one in ended)]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def stop_runs(found: ExperimentRuns, *, owner: str) -> int:
    """Stop all that somebody started and that has not ended; returns how many.

    Raises:
        MiniGPTError: a request could not be written.
    """
    # Those that wait first: else one starts as soon as another stops.
    mine = sorted(found.of(owner), key=lambda one: one.status is not Status.QUEUED)
    for one in mine:
        actions.stop(runs.store().open(one.id))
        runs.forget_run(one.id)
    return len(mine)


def state_of(configs: Configs) -> tuple[tuple[str, str, int], ...]:
    """What changes whenever more is known of an experiment: its runs, and how far each is."""
    found = find_runs(configs).runs
    return tuple((name, one.id, _judged(one)) for name, one in sorted(found.items()))


def _judged(run: RunSummary) -> int:
    curve = runs.snapshot(run.id).curves.validation_loss
    return len(curve) + (run.status is Status.FINISHED)
