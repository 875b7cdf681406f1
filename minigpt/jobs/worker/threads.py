"""How many threads a training uses, found out while it trains.

It only says how many: `minigpt.training.trainer` sets the number before each step. Knows no torch.

A second thread brings little where nobody else computes and costs much where somebody does: each
step then waits for whichever thread waits for its core. So now and then a few steps are taken
with another number of threads, and whichever is faster stays. What such a try costs decides how
long it is until the next.
"""

import os
import statistics
import time
from collections import deque
from collections.abc import Callable

TRIED_STEPS = 3
REMEMBERED_STEPS = 9
FEWEST_STEPS = 5
"""Of one number of threads, before another is tried."""
LEAST_GAIN = 0.03
HOPELESS = 2.0
"""Times as long as usual: one such step ends a try."""
SLOWED = 1.5
"""Times as long as when another number was tried last: three such steps bring on the next try."""
TRYING_SHARE = 0.02
"""The most of its time that a training spends on slower tries."""
LEAST_PAUSE_SECONDS = 1.0


def idle_cores(cores: int) -> int:
    """How many cores nobody uses now, as far as the system tells; at least one."""
    try:
        return max(1, cores - round(os.getloadavg()[0]))
    except (AttributeError, OSError):  # Windows has no such average
        return cores


class ThreadChooser:
    """Says with how many threads to take the next step, and is told how long it took."""

    def __init__(
        self, most: int, *, first: int | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Choose among `most`, half of that, a quarter, down to one.

        Args:
            most: The largest number of threads.
            first: Where to begin: the largest choice that is no larger; `most` if left out.
            clock: Seconds that only ever go on.
        """
        choices = [most]
        while choices[0] > 1:
            choices.insert(0, choices[0] // 2)
        self._choices, self._clock = choices, clock
        fitting = [one for one in choices if one <= (first or most)]
        self._place = len(fitting or [1]) - 1
        self._recent: deque[float] = deque(maxlen=REMEMBERED_STEPS)
        self._tried: list[float] = []
        self._trying: int | None = None
        self._upwards = True
        self._next_try = -float("inf")
        self._reference: float | None = None

    @property
    def threads(self) -> int:
        """For the next step."""
        return self.settled if self._trying is None else self._choices[self._trying]

    @property
    def settled(self) -> int:
        """The best so far, for all that is not a step."""
        return self._choices[self._place]

    def record(self, seconds: float) -> None:
        """A step was taken with `threads` threads, and took this long."""
        if self._trying is not None:
            self._tried.append(seconds)
            is_hopeless = seconds > HOPELESS * self._usual
            if is_hopeless or len(self._tried) == TRIED_STEPS:
                self._conclude(self._trying)
            return
        self._recent.append(seconds)
        is_due = self._clock() >= self._next_try or self._is_slowed()
        if is_due and len(self._recent) >= FEWEST_STEPS and len(self._choices) > 1:
            self._trying, self._tried = self._neighbour(), []

    @property
    def _usual(self) -> float:
        return statistics.median(self._recent)

    def _is_slowed(self) -> bool:
        newest = list(self._recent)[-TRIED_STEPS:]
        return self._reference is not None and min(newest) > SLOWED * self._reference

    def _neighbour(self) -> int:
        """The next larger and the next smaller choice in turn, where there are both."""
        self._upwards = not self._upwards
        if self._place == 0 or (self._upwards and self._place < len(self._choices) - 1):
            return self._place + 1
        return self._place - 1

    def _conclude(self, place: int) -> None:
        usual, tried = self._usual, statistics.median(self._tried)
        cost = sum(self._tried) - len(self._tried) * usual
        self._trying = None
        self._reference = min(usual, tried)
        if tried < (1 - LEAST_GAIN) * usual:
            self._place = place
            self._recent.clear()
        self._next_try = self._clock() + max(LEAST_PAUSE_SECONDS, cost / TRYING_SHARE)
