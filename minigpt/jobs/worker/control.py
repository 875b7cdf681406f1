"""What people ask of a worker, as the worker sees it: control.json and signals.

    {"stop": true, "stop_at": 1700000000.0, "pause": false, "save": 2, "sample": 5, "at": ...}

`save` and `sample` count how often they were asked for.
"""

import signal
import time
from collections.abc import Callable
from types import FrameType

from minigpt.runs.directory import RunDirectory

INTERVAL_SECONDS = 0.2


class Requests:
    """Asked by the training after every step; cheap enough for that.

    What was asked for before this object was made is not done again; a stop or a pause is.
    """

    def __init__(self, run: RunDirectory, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._run = run
        self._signalled = False
        self._next_look = 0.0
        self._control = run.control()
        self._saves, self._samples = self._control.save or 0, self._control.sample or 0

    def listen(self) -> None:
        """From now on, SIGTERM and SIGINT are requests to stop and end nothing by themselves."""
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._on_signal)

    def stop_pending(self) -> bool:
        """Whether the run shall end after this step."""
        self._look()
        return self._signalled or bool(self._control.stop)

    def pause_pending(self) -> bool:
        """Whether the run shall end after this step, ready to go on where it was."""
        self._look()
        return bool(self._control.pause)

    def take_save(self) -> bool:
        """Whether to save now: true once for each request."""
        self._look()
        is_wanted = (self._control.save or 0) > self._saves
        self._saves += is_wanted
        return is_wanted

    def take_sample(self) -> bool:
        """Whether to write a sample now: true once for each request."""
        self._look()
        is_wanted = (self._control.sample or 0) > self._samples
        self._samples += is_wanted
        return is_wanted

    def _look(self) -> None:
        now = self._clock()
        if now >= self._next_look:
            self._next_look = now + INTERVAL_SECONDS
            self._control = self._run.control()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        # Only noted: a save that this interrupts goes on to its end.
        self._signalled = True


def forget_stale(run: RunDirectory) -> None:
    """Clear requests that were meant for an earlier worker of this run."""
    if (run.control().at or 0.0) < max(run.launch().at or 0.0, run.exit().at or 0.0):
        run.remove("control")
