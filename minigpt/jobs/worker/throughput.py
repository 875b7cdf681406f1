"""How long a training and its parts took, how fast it goes, and when it can afford to save."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from minigpt.training.progress import Progress

RATE_WINDOW_SECONDS = 10.0
SAVING_SHARE = 0.05
"""The most of its time that a training spends on saving what it needs to go on."""


class ThroughputMeter:
    """A clock that goes on where an earlier worker of the same run left off."""

    def __init__(self, progress: Progress, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._clock() - progress.seconds
        self._last_at = self._clock()
        self._marks: list[tuple[float, int]] = []
        self._next_save = 0.0
        self.longest_pause = 0.0
        """Seconds between two steps, at most."""

    @property
    def seconds(self) -> float:
        """Time spent on this run by all its workers."""
        return self._clock() - self._began

    @property
    def tokens_per_second(self) -> float | None:
        """Over the last seconds; None before there are two steps to tell it from."""
        if len(self._marks) < 2:
            return None
        (then, before), (now, after) = self._marks[0], self._marks[-1]
        return (after - before) / (now - then) if now > then else None

    @property
    def saving_is_due(self) -> bool:
        """Whether a save now would take no more than its share of the time."""
        return self._clock() >= self._next_save

    def record_step(self, tokens_seen: int) -> None:
        """A step was done."""
        now = self._clock()
        self.longest_pause = max(self.longest_pause, now - self._last_at)
        self._last_at = now
        recent = [mark for mark in self._marks if now - mark[0] < RATE_WINDOW_SECONDS]
        self._marks = [*(recent or self._marks[-1:]), (now, tokens_seen)]

    def record_save(self, seconds: float) -> None:
        """Something was saved, and it took this long."""
        self._next_save = self._clock() + seconds / SAVING_SHARE


LEAST_STEPS = 5
"""Of fewer, the first ones would tell of warming up."""


class PartsMeter:
    """What the parts of a training took, by their names in a calibration.

    A report says what its step did: the untrained model is looked at and no step is made; later a
    step may be followed by a look, and what a step takes is known from those without one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._waits_since = clock()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._counts: Counter[str] = Counter()

    def report_arrived(self, *, step: int, evaluated: bool) -> None:
        """The trainer has done a step, a look, or both, since `report_done`."""
        part = ("look" if step == 0 else "both") if evaluated else "step"
        self._add(part, self._clock() - self._waits_since)

    def report_done(self) -> None:
        """All that a report asks for was done; the trainer goes on."""
        self._waits_since = self._clock()

    @contextmanager
    def part(self, name: str, *, count: int = 1) -> Iterator[None]:
        """Time `count` times a part."""
        began = self._clock()
        yield
        self._add(name, self._clock() - began, count)

    def means(self, *, windows: int) -> dict[str, float] | None:
        """Seconds of each part; None where there were too few steps to tell.

        Args:
            windows: of the text, that a look reads; what its heads are asked then counts as well.
        """
        if self._counts["step"] < LEAST_STEPS:
            return None
        step = self._mean("step")
        after_steps = max(0.0, self._seconds["both"] - self._counts["both"] * step)
        looks = self._seconds["look"] + after_steps + self._seconds["heads"]
        count = self._counts["look"] + self._counts["both"]
        parts = ("log_row", "token", "weights", "state")
        return {
            "step_seconds": step,
            "evaluation_window_seconds": looks / (count * windows) if count and windows else 0.0,
            **{f"{name}_seconds": self._mean(name) for name in parts},
        }

    def _add(self, name: str, seconds: float, count: int = 1) -> None:
        self._seconds[name] += seconds
        self._counts[name] += count

    def _mean(self, name: str) -> float:
        return self._seconds[name] / self._counts[name] if self._counts[name] else 0.0
