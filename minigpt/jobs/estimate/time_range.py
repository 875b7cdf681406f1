"""Between which times a run will end here, and what that is told from.

The best witnesses are runs of the same shape that have ended on this machine; then steps that were
timed; then arithmetic. The longer time is for a machine as busy as it is now. Knows no torch.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import Duration, analytic_calibration, duration
from minigpt.jobs.estimate.measurements import Calibration, CalibrationResult, recorded_runs
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.runs.config import RunConfig

Basis = Literal["runs", "measured", "busy", "rough"]
SPREAD: dict[Basis, tuple[float, float]] = {
    "runs": (0.9, 1.15),
    "measured": (0.85, 1.25),
    "busy": (0.6, 1.6),
    "rough": (0.5, 2.0),
}
"""From how much of what was told to how many times that it may really be, on a machine as quiet."""


@dataclass(frozen=True, kw_only=True)
class TimeRange:
    """How long a run takes at the least, most likely, and at the most, and how far it gets."""

    fastest: Duration
    likely: Duration
    slowest: Duration
    basis: Basis
    runs: int = 0
    """So many runs of the same shape tell it."""
    crowding: float = 1.0
    """How many times longer it takes beside all that computes now."""


def time_range(
    config: RunConfig,
    text: TokenCounts,
    result: CalibrationResult,
    *,
    steps: int,
    load: Callable[[], float] = machine.load,
) -> TimeRange:
    """From the start of the worker to its end, by what was timed and by what runs have shown.

    `steps` is where steps and epochs end it; `load` tells how many programs compute now.
    """
    size = text.vocabulary_size
    timed = result.calibration or analytic_calibration(config, vocabulary_size=size)
    seen = [_completed(one, timed) for one in recorded_runs(config, vocabulary_size=size)]
    basis, crowding = _basis(result, seen), machine.crowding(config.compute, load())

    def span(parts: Calibration) -> Duration:
        return duration(config, text, parts, steps=steps)

    told = sorted(seen or [timed], key=lambda parts: span(parts).seconds)
    # The quickest that was seen is what a quiet machine can do, whatever the others met with.
    quickest = min([told[0], timed] if result.calibration else told, key=lambda p: span(p).seconds)
    least, most = SPREAD[basis]
    slowest = (span(quickest.slowed(most * crowding)), span(told[-1].slowed(most)))
    return TimeRange(
        fastest=span(quickest.slowed(least)),
        likely=span(told[(len(told) - 1) // 2]),
        slowest=max(slowest, key=lambda one: one.seconds),
        basis=basis,
        runs=len(seen),
        crowding=crowding,
    )


def _basis(result: CalibrationResult, seen: Sequence[Calibration]) -> Basis:
    if seen:
        return "runs"
    if result.calibration is None:
        return "rough"
    return "busy" if result.was_busy else "measured"


def _completed(seen: Calibration, timed: Calibration) -> Calibration:
    """What a run has shown; of the rest (it drew no samples, say) what is known otherwise."""
    shown = {name: value for name, value in asdict(seen).items() if value}
    return Calibration(**{**asdict(timed), **shown})
