"""A run that is being trained for as long as a benchmark takes, with a history behind it."""

import json
import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from minigpt.checkpoints.training_state import save_state
from minigpt.corpora import offline_default
from minigpt.jobs.processes import launch, live_worker_pid
from minigpt.jobs.submission import checked_config
from minigpt.jobs.worker.setup import prepare_training
from minigpt.runs.directory import RunDirectory
from minigpt.runs.presets import preset_named
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from minigpt.training.distributed import World
from minigpt.training.progress import Progress

PRESET = "lecture-gpt"
"""Its steps are short, so that many are logged, and take all the cores that there are."""
STEPS_AHEAD = 200_000
"""More than are done while a benchmark lasts."""
EVALUATION_INTERVAL = 2000
STEP_SECONDS = 0.01
"""What a step of the history says it took."""
PATIENCE_SECONDS = 120.0


@contextmanager
def live_run(steps: int) -> Iterator[RunDirectory]:
    """A run that logged so many steps, and goes on in a worker of its own."""
    config = preset_named(PRESET).config.changed(
        {
            "corpus.name": offline_default(),
            "training.steps": steps + STEPS_AHEAD,
            "training.evaluation_interval": EVALUATION_INTERVAL,
        }
    )
    run = RunStore.default().create(checked_config(config), name="watched")
    _write_history(run, steps)
    launch(run)
    try:
        _wait_until(run, steps)
        yield run
    finally:
        _end(run)


def _write_history(run: RunDirectory, steps: int) -> None:
    """Let it look as if it had come so far: the worker goes on from the state that it finds."""
    config = run.config()
    tokens = config.training.batch_size * config.model.context_length
    with run.metrics.open("w", encoding="utf-8") as file:
        for step in range(steps + 1):
            file.write(json.dumps(_row(step, tokens)) + "\n")
    for step in range(0, steps + 1, EVALUATION_INTERVAL):
        run.append("samples", {"step": step, "text": "the history of a run\n" * 12})
    trainer = prepare_training(run, config, World()).trainer
    trainer.progress = Progress(
        step=steps, seconds=STEP_SECONDS * steps, tokens_seen=tokens * steps, best_loss=_loss(steps)
    )
    save_state(run.weights, trainer.state())


def _row(step: int, tokens: int) -> dict[str, float | None]:
    evaluated = step % EVALUATION_INTERVAL == 0
    return {
        "step": step,
        # Up and down as batches are easier or harder, by a rule that needs no chance.
        "train_loss": _loss(step) * (1 + 0.05 * math.sin(step * step)),
        "validation_loss": _loss(step) if evaluated else None,
        "learning_rate": 1e-3,
        "gradient_norm": 0.5 + 0.2 * math.sin(step),
        "tokens": step * tokens,
        "seconds": round(STEP_SECONDS * step, 3),
        "tokens_per_second": tokens / STEP_SECONDS,
        "memory": 400_000_000,
    }


def _loss(step: int) -> float:
    return 1.5 + 3 * math.exp(-step / 2000)


def _wait_until(run: RunDirectory, steps: int) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while status_of(run) is not Status.RUNNING or (run.state().step or 0) <= steps:
        if time.monotonic() > give_up or not status_of(run).has_worker:
            raise SystemExit(f"The run does not train: {run.exit().reason}")
        time.sleep(0.2)


def _end(run: RunDirectory) -> None:
    if pid := live_worker_pid(run):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + PATIENCE_SECONDS
    while run.is_alive() and time.monotonic() < give_up:
        time.sleep(0.1)
