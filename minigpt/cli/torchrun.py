"""`train` as torchrun starts it: several processes train one run together, in the foreground."""

import json
from argparse import Namespace

from minigpt.cli.output import print_result, print_status
from minigpt.jobs.submission import create_run
from minigpt.jobs.worker import process
from minigpt.runs.config import RunConfig
from minigpt.runs.records import Launch
from minigpt.runs.store import RunStore
from minigpt.runs.tail import outcome
from minigpt.sentences import Sentence
from minigpt.training import ranks


def train_together(chosen: Namespace, config: RunConfig) -> int:
    """Train with the other processes that torchrun started; the first one says how it went."""
    from minigpt.training.distributed import (
        joined_world,  # needs torch, which takes seconds to import
    )

    store = RunStore.default()
    shared = config.changed({"compute.processes": ranks.world_size()})
    with joined_world() as world:
        name = chosen.name or chosen.preset
        created = (
            create_run(store, shared, name=name, exceed_memory=chosen.exceed_memory).id
            if world.is_first
            else None
        )
        run = store.at(str(world.agree(created)))
        if world.is_first:
            print_status(
                Sentence(
                    "Run {id} is training in {processes} processes.",
                    id=run.id,
                    processes=world.size,
                )
            )
        if world.is_first and chosen.exceed_memory:
            run.write("launch", Launch(at=run.host.now(), exceed_memory=True).to_json())
        exit_code = process.main([str(run.path)])
    if ranks.rank() == 0:
        result = outcome(run)
        print_result(json.dumps(result) if chosen.json else f"{run.id} {result['status']}")
    return exit_code
