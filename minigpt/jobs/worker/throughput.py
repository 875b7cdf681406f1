"""How long a training has taken, how fast it goes now, and when it can afford to save."""

import time
from collections.abc import Callable

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

    def saved(self, seconds: float) -> None:
        """Something was saved, and it took this long."""
        self._next_save = self._clock() + seconds / SAVING_SHARE
