"""The commands that say what a run shall do: stop, pause, resume, cancel.

The commands that list what there is: runs, texts and presets.
"""

import json
import time
from argparse import Namespace
from dataclasses import asdict

from minigpt.cli.output import say, tell
from minigpt.corpora import all_sources
from minigpt.jobs import actions, queue, termination
from minigpt.jobs.fairness import Place
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import PRESETS
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import RunStore, status_of

DONE = 0
POLL_SECONDS = 0.5


def stop(chosen: Namespace) -> int:
    """Ask a run to end after its current step."""
    store = RunStore.default()
    run = store.open(chosen.run)
    status = status_of(run)
    if not status.is_live:
        say(f"{run.id} has already ended: {status}.")
        return DONE
    actions.stop(run)
    # Asked before, and it did not answer: whoever asks again carries out what is due by now.
    termination.tick(store)
    waited = status is Status.QUEUED
    say(f"{run.id} waits no longer." if waited else f"{run.id} stops after its current step.")
    return DONE


def pause(chosen: Namespace) -> int:
    """Ask a run to end after its current step, ready to go on where it was."""
    run = RunStore.default().open(chosen.run)
    actions.pause(run)
    say(f"{run.id} pauses after its current step.")
    return DONE


def resume(chosen: Namespace) -> int:
    """Let a run that ended early go on when it is its turn."""
    store = RunStore.default()
    run = store.open(chosen.run)
    actions.resume(store, run)
    place = queue.positions(store).get(run.id)
    say(f"{run.id} goes on." if place is None else f"{run.id}: {in_words(place)}.")
    return DONE


def cancel(chosen: Namespace) -> int:
    """Take a run out of the queue."""
    store = RunStore.default()
    run = store.open(chosen.run)
    actions.cancel(store, run)
    say(f"{run.id} waits no longer: {status_of(run)}.")
    return DONE


def wait_for_turn(store: RunStore, run: RunDirectory) -> None:
    """Return when a run leaves the queue; meanwhile tell where it stands."""
    told = ""
    while status_of(run) is Status.QUEUED:
        queue.tick(store)
        place = queue.positions(store).get(run.id)
        words = reason_of(run, Status.QUEUED) or (place and f"Waiting: {in_words(place)}.")
        if words and words != told:
            tell(words)
            told = words
        time.sleep(POLL_SECONDS)


def in_words(place: Place) -> str:
    """Where a run stands in the queue."""
    return f"number {place.position} in the queue"


def runs(chosen: Namespace) -> int:
    """List every run, newest first."""
    store = RunStore.default()
    found = [store.summarise(run) for run in store.all()]
    if chosen.json:
        say(json.dumps([asdict(summary) for summary in found]))
        return 0
    for run in found:
        loss = "-" if run.best_validation_loss is None else f"{run.best_validation_loss:.4f}"
        say(f"{run.id:<42} {run.status:<9} {run.step:>7}/{run.steps:<7} {loss:>7}  {run.name}")
        if run.reason:
            say(f"    {run.reason}")
    return 0


def corpora(chosen: Namespace) -> int:
    """List the texts that can be learnt from."""
    sources = all_sources()
    if chosen.json:
        say(json.dumps([{"name": one.name, "title": one.title} for one in sources]))
        return 0
    for source in sources:
        say(f"{source.name:<28} {source.description}")
    return 0


def presets(chosen: Namespace) -> int:
    """List the ready-made settings."""
    if chosen.json:
        say(json.dumps({name: preset.config.to_dict() for name, preset in PRESETS.items()}))
        return 0
    for name, preset in PRESETS.items():
        say(f"{name:<14} {preset.description}")
    return 0
