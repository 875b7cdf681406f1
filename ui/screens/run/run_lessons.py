"""What the numbers of a run mean, in words. Pure."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from minigpt.runs import records
from minigpt.runs.analysis.curves import Crossing, crossings
from ui.services.snapshot import RunSnapshot
from ui.wording import count, loss


def newest_lesson(run: RunSnapshot, references: Mapping[str, float]) -> str | None:
    """Which simple guesser the run beat last and still beats.

    If there is none, how good it was before its loss rose; None if it did not.
    """
    judged, lows = run.curves["validation_loss"], run.records.lows
    current = judged[-1][1] if judged else math.inf
    found = [one for one in crossings(lows, references) if current < one.value]
    if found:
        now = "now beats" if run.status.is_live else "beats"
        return f"{now} {found[-1].name} (step {count(found[-1].step)})"
    if lows and lows[-1][1] < current:
        step, best = lows[-1]
        return f"best {loss(best)} (step {count(int(step))})"
    return None


def lesson(run: RunSnapshot, references: Mapping[str, float]) -> str:
    """What was learnt in the end."""
    best = run.summary.best_validation_loss
    beaten = [name for name, value in references.items() if best is not None and best < value]
    if not beaten:
        return f"Best validation loss {loss(best)}."
    strongest = min(beaten, key=lambda name: references[name])
    found = {one.name: one.step for one in crossings(run.records.lows, references)}
    since = f" since step {count(found[strongest])}" if strongest in found else ""
    return f"It beats {strongest}{since}."


def happenings(
    events: Sequence[Mapping[str, Any]], found: Sequence[Crossing]
) -> list[dict[str, str]]:
    """Events and crossings in the order of their steps; a crossing has no time of its own."""
    left = sorted(found, key=lambda one: one.step)
    rows: list[dict[str, str]] = []
    for event in events:
        step = event.get("step")
        while left and isinstance(step, int) and left[0].step <= step:
            rows.append(_crossing_row(left.pop(0)))
        shown = count(step) if isinstance(step, int) else ""
        rows.append({"step": shown, "event": str(event.get("text")), "time": _clock_time(event)})
    return [*rows, *map(_crossing_row, left)]


def _crossing_row(one: Crossing) -> dict[str, str]:
    words = f"Beats {one.name}: validation loss below {loss(one.value)}"
    return {"step": count(one.step), "event": words, "time": ""}


def _clock_time(event: Mapping[str, Any]) -> str:
    at = records.number(event, "at")
    try:
        return "" if at is None else datetime.fromtimestamp(at).strftime("%H:%M:%S")
    except (OverflowError, OSError, ValueError):
        return ""
