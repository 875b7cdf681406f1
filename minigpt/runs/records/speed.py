"""How long a run itself has trained, and how fast: over all of that time, evaluations included.

A fork goes on with its parent's clock. What the parent did is not the fork's work, so neither its
seconds nor its tokens count here.
"""

from collections.abc import Callable, Iterable

from minigpt.runs.records.requests import Settings
from minigpt.runs.records.rows import MetricRow
from minigpt.runs.records.worker import WorkerState


def row_at(rows: Iterable[MetricRow], step: int) -> MetricRow:
    """The last row up to a step; an empty one for step 0, where nothing has been spent."""
    found = MetricRow(step=0)
    for row in rows if step else ():
        found = row if row.step <= step else found
    return found


def own_seconds(
    settings: Settings, state: WorkerState, rows: Callable[[], Iterable[MetricRow]]
) -> float | None:
    """The seconds that a run trained; None if nobody noted them.

    Args:
        settings: what was asked for.
        state: its worker's.
        rows: reads its metrics; only asked of a fork whose worker did not note its own seconds.
    """
    if state.own_seconds is not None or state.seconds is None:
        return state.own_seconds
    before = row_at(rows(), settings.forked_at).seconds if settings.forked_at else 0.0
    return max(0.0, state.seconds - (before or 0.0))


def tokens_between(settings: Settings, first: int, last: int) -> int | None:
    """Tokens that a run reads from one of its steps to another; None if its batch is unknown."""
    batch, context = settings.batch_size, settings.context_length
    return None if batch is None or context is None else max(0, last - first) * batch * context


def mean_speed(settings: Settings, *, step: int | None, seconds: float | None) -> float | None:
    """Tokens a second over a run's own time; None while there is nothing to tell it from.

    Args:
        settings: what was asked for.
        step: the last one that was done.
        seconds: the run's own, as `own_seconds` gives them.
    """
    tokens = tokens_between(settings, settings.forked_at, step or 0)
    return tokens / seconds if tokens and seconds else None
