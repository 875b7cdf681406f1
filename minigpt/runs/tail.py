"""Watching a run from outside its process until it ends."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from minigpt.json_lines import LinesTail
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Exit, MetricRow
from minigpt.runs.records.speed import tokens_between
from minigpt.runs.store import status_of, summary_of

POLL_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class EvaluatedStep:
    """A logged step at which the model was judged; losses in nats per token."""

    step: int
    validation_loss: float
    training_part_loss: float | None = None
    """On fixed windows of the training part; None of runs that did not measure it."""
    last_batch_loss: float | None = None
    """None at step 0, before there was a batch."""
    epochs: float | None = None
    """How often as many tokens as its text has were read by then; None of runs without a limit on
    that, and where the length of the text is not known."""


def follow(
    run: RunDirectory, *, after: int = -1, sleep: Callable[[float], object] = time.sleep
) -> Iterator[EvaluatedStep]:
    """Yield each evaluated row of metrics beyond the step `after` as it appears.

    Ends when the run does. Where the file is replaced, as when a run is taken up again, only what
    is new in it follows. Looks every `POLL_SECONDS`; `sleep` is what waits in between.
    """
    tail, seen = LinesTail(run.metrics), set[EvaluatedStep]()
    while True:
        # Asked before reading: what was written until the end is then read for certain.
        live = status_of(run).is_live
        for line in tail.rows():
            row = MetricRow.from_json(line)
            found = row and _losses(row, _epochs(run, row))
            if found and found.step > after and found not in seen:
                seen.add(found)
                yield found
        if not live:
            return
        sleep(POLL_SECONDS)


def outcome(run: RunDirectory, *, since: int | None = None) -> dict[str, Any]:
    """How a run stands or ended, in the words and units of the command line's JSON answers.

    `seconds` and `tokens_per_second`, the mean over them, count what was done beyond one step;
    `total_seconds` is all the time that went into the weights.

    Args:
        run: the run.
        since: that step; by default the one that a fork began with, else 0.
    """
    status, end, settings = status_of(run), run.exit(), run.settings()
    since = settings.forked_at if since is None else since
    before, judged = MetricRow(step=0), None
    for row in run.metric_rows():  # read once: there may be a million
        before = row if since and row.step <= since else before
        judged = _losses(row) or judged
    last_known = Exit.from_json({**run.state().to_json(), **end.to_json()})
    total, began = last_known.seconds, before.seconds or 0.0
    seconds = None if total is None else max(0.0, total - began)
    tokens = tokens_between(settings, since, last_known.step or 0)
    return {
        "run": run.id,
        "parameters": last_known.parameters,
        "steps": last_known.step or 0,
        "train_loss": last_known.train_loss,
        "last_batch_loss": last_known.train_loss,
        "training_part_loss": judged.training_part_loss if judged else None,
        "val_loss": judged.validation_loss if judged else None,
        "best_val_loss": summary_of(run, status).best_validation_loss,
        "seconds": seconds,
        "tokens_per_second": tokens / seconds if tokens and seconds else None,
        "total_seconds": total,
        "status": str(status),
    }


def _epochs(run: RunDirectory, row: MetricRow) -> float | None:
    if row.validation_loss is None or row.tokens is None or not run.settings().epochs:
        return None
    text = run.state().training_tokens
    return row.tokens / text if text else None


def _losses(row: MetricRow, epochs: float | None = None) -> EvaluatedStep | None:
    if row.validation_loss is None:
        return None
    return EvaluatedStep(
        step=row.step,
        validation_loss=row.validation_loss,
        training_part_loss=row.training_part_loss,
        last_batch_loss=row.train_loss,
        epochs=epochs,
    )
