"""Between which times a run will end here, and what that is told from.

The best witnesses are runs of the same shape that have ended on this machine; then steps that were
timed; then arithmetic. The longer time is for a machine as busy as it is now. Knows no torch.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from minigpt.jobs import machine
from minigpt.jobs.estimate.analytic import Duration, analytic_calibration, duration
from minigpt.jobs.estimate.timings import Calibration, CalibrationResult, recorded_runs
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
    record: CalibrationResult,
    *,
    steps: int,
    load: Callable[[], float] = machine.load,
) -> TimeRange:
    """From the start of the worker to its end.

    Args:
        config: the run.
        text: what it learns from.
        record: what was timed of it.
        steps: where steps and epochs end it.
        load: programs that compute now.
    """
    size = text.vocabulary_size
    timed = record.calibration or analytic_calibration(config, vocabulary_size=size)
    seen = [_completed(one, timed) for one in recorded_runs(config, vocabulary_size=size)]
    basis: Basis = "measured" if record.calibration else "rough"
    if record.calibration and record.was_busy:
        basis = "busy"
    if seen:
        basis = "runs"
    least, most = SPREAD[basis]
    crowding = machine.crowding(config.compute, load())

    def span(parts: Calibration, factor: float) -> Duration:
        return duration(config, text, parts.slowed(factor), steps=steps)

    def by_time(several: list[Calibration]) -> list[Calibration]:
        return sorted(several, key=lambda parts: span(parts, 1.0).seconds)

    # The quickest that was seen is what a quiet machine can do, whatever the others met with.
    likely = by_time(seen or [timed])
    witnesses = by_time([*seen, timed] if record.calibration else likely)
    slowest = [span(witnesses[0], most * crowding), span(likely[-1], most)]
    return TimeRange(
        fastest=span(witnesses[0], least),
        likely=span(likely[(len(likely) - 1) // 2], 1.0),
        slowest=max(slowest, key=lambda one: one.seconds),
        basis=basis,
        runs=len(seen) if basis == "runs" else 0,
        crowding=crowding,
    )


def _completed(seen: Calibration, timed: Calibration) -> Calibration:
    """What a run has shown; of the rest (it drew no samples, say) what is known otherwise."""
    shown = {name: value for name, value in asdict(seen).items() if value}
    return Calibration(**{**asdict(timed), **shown})
