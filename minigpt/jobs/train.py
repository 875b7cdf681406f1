"""Train a run and wait for its end, as a notebook or a script does."""

import time
from collections.abc import Callable

from minigpt.errors import RunError
from minigpt.jobs import actions, queue
from minigpt.jobs.fairness import QueuePosition
from minigpt.jobs.submission import submit_run
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import RunStore, status_of
from minigpt.runs.tail import EvaluatedStep, follow
from minigpt.sentences import Sentence

POLL_SECONDS = 0.5
BAD_ENDS = frozenset({Status.FAILED, Status.KILLED})


def train(
    config: RunConfig, *, name: str = "", report: Callable[[str], None] | None = None
) -> RunDirectory:
    """Train a run in a process of its own, and return it when it has ended.

    It is a run like any other: the app and the command line see it meanwhile. An interruption
    (Ctrl-C, or "interrupt" in a notebook) asks it to stop after its current step.

    Args:
        config: its settings, such as `PRESETS["quick"].config`.
        name: what to call it; by default, after the text.
        report: gets a line at each look at the validation text, `print` for example.

    Raises:
        RunError: it failed, or could not be started.
        CorpusError: the text cannot be had, or is too short for the model's context.
        ConfigurationError: a setting cannot work.
    """
    report = report or _nothing
    store = RunStore.default()
    run = submit_run(store, config, name=name or config.corpus.name)
    try:
        wait_for_turn(store, run, report)
        for row in follow(run):
            report(progress_line(row))
    except KeyboardInterrupt:
        actions.stop(run)
        raise
    if (status := status_of(run)) in BAD_ENDS:
        raise RunError(f"{run.id} {status}. {reason_of(run, status) or ''}".rstrip())
    return run


def wait_for_turn(
    store: RunStore,
    run: RunDirectory,
    report: Callable[[str], None],
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Return when a run leaves the queue; meanwhile report where it stands, each position once.

    Looks every `POLL_SECONDS`; `sleep` is what waits in between.
    """
    told = ""
    while status_of(run) is Status.QUEUED:
        queue.start_due_runs(store)
        position = queue.positions(store).get(run.id)
        words = reason_of(run, Status.QUEUED) or (
            position and Sentence("Waiting: {position}.", position=position_in_words(position))
        )
        if words and words != told:
            report(words)
            told = words
        sleep(POLL_SECONDS)


def position_in_words(position: QueuePosition) -> str:
    """Where a run stands in the queue."""
    return Sentence("number {position} in the queue", position=position.position)


def progress_line(row: EvaluatedStep) -> str:
    """One evaluation in a line; losses in nats per token, those that were measured.

    With the epochs, where the run has a limit on them.
    """
    losses = {
        "train": row.training_part_loss,
        "validation": row.validation_loss,
        "last batch": row.last_batch_loss,
    }
    shown = [f"{name} {loss:.4f}" for name, loss in losses.items() if loss is not None]
    epochs = [] if row.epochs is None else [f"epoch {row.epochs:.2f}"]
    return "  ".join([f"step {row.step:>6}", *epochs, *shown])


def _nothing(_: str) -> None:
    pass
