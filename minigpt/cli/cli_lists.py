"""The commands that list what there is: runs, texts and presets."""

import json
from argparse import Namespace
from dataclasses import asdict

from minigpt.cli.output import say
from minigpt.corpora import all_sources
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore


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
