"""The commands about what is there: list runs, texts and presets; stop, pause, resume, cancel."""

import json
from argparse import Namespace
from dataclasses import asdict

from minigpt.cli.output import print_result
from minigpt.corpora import all_sources
from minigpt.errors import MiniGPTError
from minigpt.jobs import actions, queue, termination
from minigpt.jobs.train import position_in_words
from minigpt.runs.analysis.verdict import Verdict, verdict_of
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import PRESETS
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, RunSummary, status_of
from minigpt.runs.tail import outcome
from minigpt.sentences import Sentence

DONE = 0


def stop(chosen: Namespace) -> int:
    """Ask a run to end after its current step."""
    store = RunStore.default()
    run = store.open(chosen.run)
    status = status_of(run)
    if not status.is_live:
        print_result(Sentence("{id} has already ended: {status}.", id=run.id, status=status))
        return DONE
    actions.stop(run)
    # Asked before, and it did not answer: whoever asks again carries out what is due by now.
    termination.terminate_due(store)
    waited = status is Status.QUEUED
    print_result(
        Sentence("{id} waits no longer.", id=run.id)
        if waited
        else Sentence("{id} stops after its current step.", id=run.id)
    )
    return DONE


def pause(chosen: Namespace) -> int:
    """Ask a run to end after its current step, ready to go on where it was."""
    run = RunStore.default().open(chosen.run)
    actions.pause(run)
    print_result(Sentence("{id} pauses after its current step.", id=run.id))
    return DONE


def resume(chosen: Namespace) -> int:
    """Let a run that ended early go on when it is its turn."""
    store = RunStore.default()
    run = store.open(chosen.run)
    actions.resume(store, run, exceed_memory=chosen.exceed_memory)
    position = queue.positions(store).get(run.id)
    print_result(
        Sentence("{id} goes on.", id=run.id)
        if position is None
        else f"{run.id}: {position_in_words(position)}."
    )
    return DONE


def cancel(chosen: Namespace) -> int:
    """Take a run out of the queue."""
    store = RunStore.default()
    run = store.open(chosen.run)
    actions.cancel(store, run)
    print_result(Sentence("{id} waits no longer: {status}.", id=run.id, status=status_of(run)))
    return DONE


def runs(chosen: Namespace) -> int:
    """List every run, newest first."""
    store = RunStore.default()
    found = [(run, store.summarise(run)) for run in store.all()]
    if chosen.json:
        print_result(json.dumps([as_json(*one) for one in found]))
        return 0
    for directory, run in found:
        print_result(as_line(run, verdict_of(directory)))
        if run.reason:
            print_result(f"    {run.reason}")
    return 0


def as_line(run: RunSummary, verdict: Verdict) -> str:
    """A run for people: how far it is, its best and its last validation loss, and the verdict."""
    losses = (run.best_validation_loss, verdict.last and verdict.last[1])
    best, last = ("-" if loss is None else f"{loss:.4f}" for loss in losses)
    return (
        f"{run.id:<42} {run.status:<9} {run.step:>7}/{run.steps:<7} {best:>9} {last:>9}  "
        f"{'-' if verdict.tone == 'open' else verdict.title:<16}  {run.name}"
    )


def as_json(run: RunDirectory, summary: RunSummary) -> dict[str, object]:
    """A run for other programs: the words of `train --json`, and what else a list knows."""
    return {
        **asdict(summary),
        "planned_steps": summary.steps,
        **outcome(run),
        "verdict": verdict_of(run).to_json(),
        "settings": _settings(run),
    }


def _settings(run: RunDirectory) -> dict[str, object] | None:
    """Those of a run, as `presets --json` tells a preset's; None where they cannot be read."""
    try:
        return run.config().to_dict()
    except MiniGPTError:
        return None


def corpora(chosen: Namespace) -> int:
    """List the texts that can be learnt from."""
    sources = all_sources()
    if chosen.json:
        print_result(json.dumps([{"name": one.name, "title": one.title} for one in sources]))
        return 0
    for source in sources:
        print_result(f"{source.name:<28} {source.description}")
    return 0


def presets(chosen: Namespace) -> int:
    """List the ready-made settings."""
    if chosen.json:
        print_result(
            json.dumps({name: preset.config.to_dict() for name, preset in PRESETS.items()})
        )
        return 0
    for name, preset in PRESETS.items():
        print_result(f"{name:<14} {preset.description}")
    return 0
