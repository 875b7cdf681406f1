"""Watching a run from outside its process until it ends."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from minigpt.json_lines import LinesTail
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Exit, MetricRow
from minigpt.runs.store import status_of

POLL_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """A logged step at which both losses were measured, in nats per token."""

    step: int
    train_loss: float
    validation_loss: float


def follow(run: RunDirectory, *, after: int = -1) -> Iterator[Evaluated]:
    """Yield each evaluated row of metrics beyond the step `after` as it appears.

    Ends when the run does. Where the file is replaced, as when a run is taken up again, only what
    is new in it follows.
    """
    tail, seen = LinesTail(run.metrics), set[Evaluated]()
    while True:
        # Asked before reading: what was written until the end is then read for certain.
        live = status_of(run).is_live
        for line in tail.rows():
            row = MetricRow.from_json(line)
            found = row and _losses(row)
            if found and found.step > after and found not in seen:
                seen.add(found)
                yield found
        if not live:
            return
        time.sleep(POLL_SECONDS)


def outcome(run: RunDirectory, *, since: int | None = None) -> dict[str, Any]:
    """How a run stands or ended, in the words and units of the command line's JSON answers.

    `seconds` and `tokens_per_second` count what was done beyond one step; `total_seconds` is all
    the time that went into the weights.

    Args:
        run: the run.
        since: that step; by default the one that a fork began with, else 0.
    """
    end, rows = run.exit(), run.metric_rows()
    evaluated = [found for row in rows if (found := _losses(row))]
    last_known = Exit.from_json({**run.state().to_json(), **end.to_json()})
    before = row_at(rows, run.settings().forked_at if since is None else since)
    total, pace = last_known.seconds, last_known.tokens_per_second
    seconds = None if total is None else max(0.0, total - (before.seconds or 0.0))
    if end.seconds and pace and seconds:
        # The worker's last word is the mean since step 0; its state tells the pace of the moment.
        pace = max(0.0, pace * end.seconds - (before.tokens or 0)) / seconds
    return {
        "run": run.id,
        "parameters": last_known.parameters,
        "steps": last_known.step or 0,
        "train_loss": last_known.train_loss,
        "val_loss": evaluated[-1].validation_loss if evaluated else None,
        "best_val_loss": last_known.best_validation_loss,
        "seconds": seconds,
        "tokens_per_second": pace,
        "total_seconds": total,
        "status": str(status_of(run)),
    }


def row_at(rows: Sequence[MetricRow], step: int) -> MetricRow:
    """The last row up to a step; an empty one for step 0, where nothing has been spent."""
    until = [row for row in rows if row.step <= step]
    return until[-1] if step and until else MetricRow(step=0)


def _losses(row: MetricRow) -> Evaluated | None:
    train, judged = row.train_loss, row.validation_loss
    if train is None or judged is None:
        return None
    return Evaluated(step=row.step, train_loss=train, validation_loss=judged)
