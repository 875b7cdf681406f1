"""What is likely to be asked for next, computed while nobody asks for anything.

One thread does it, for all visitors. Between two pieces of its work it lets everybody go first whom
the server is answering; but not for long, or on a busy server it would never get anywhere, and
everybody would have to compute for himself. It ends when there is nothing left to do.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping

from minigpt.errors import MiniGPTError

MOST = 256
"""Tasks that wait; of more, those that were asked for longest ago are forgotten."""
FRESH_SECONDS = 900.0
"""For so long what was done is not done once more."""
PATIENCE_SECONDS, GLANCE_SECONDS = 0.1, 0.01
"""How long others go first at each piece, and how often it looks whether they are done."""
SCRIPT = "ScriptRunner.scriptThread"
"""What Streamlit calls a thread that answers a visitor; each lives until its page stands."""
Task = Callable[[], None]

_log = logging.getLogger(__name__)


def is_somebody_answered() -> bool:
    """Whether a page is being drawn for anybody."""
    return any(thread.name == SCRIPT for thread in threading.enumerate())


class Ahead:
    """Tasks for when there is time; what was asked for last is done first."""

    def __init__(
        self,
        most: int = MOST,
        is_busy: Callable[[], bool] = is_somebody_answered,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._is_busy, self._clock = most, is_busy, clock
        self._lock = threading.Lock()
        self._tasks: OrderedDict[Hashable, Task] = OrderedDict()
        self._done: dict[Hashable, float] = {}
        self._thread: threading.Thread | None = None

    def prepare(self, tasks: Mapping[Hashable, Task]) -> None:
        """Do these in their order, before all that was asked for earlier.

        Args:
            tasks: by what each is known by; one that waits, or was done a short while ago, is not
                done twice. A task calls `let_others_first` between its pieces.
        """
        with self._lock:
            now = self._clock()
            self._done = {one: at for one, at in self._done.items() if now - at < FRESH_SECONDS}
            for key in reversed(list(tasks)):
                if key not in self._done:
                    self._tasks[key] = tasks[key]
                    self._tasks.move_to_end(key, last=False)
            while len(self._tasks) > self._most:
                self._tasks.popitem()
            # It is not alive where something worse than an error has ended it.
            if self._tasks and not (self._thread and self._thread.is_alive()):
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
                self._thread.start()

    def let_others_first(self) -> None:
        """Wait until nobody is being answered, but not for long."""
        until = self._clock() + PATIENCE_SECONDS
        while self._is_busy() and self._clock() < until:
            time.sleep(GLANCE_SECONDS)

    def finish(self) -> None:
        """Wait until nothing is left to do."""
        while (thread := self._thread) and thread.is_alive():
            thread.join()

    def _work(self) -> None:
        while task := self._next():
            self.let_others_first()
            try:
                task()
            except MiniGPTError:
                pass  # whoever asks for it is told
            except Exception:
                _log.exception("what was computed ahead failed")

    def _next(self) -> Task | None:
        with self._lock:
            if not self._tasks:
                self._thread = None
                return None
            key, task = self._tasks.popitem(last=False)
            self._done[key] = self._clock()
            return task


AHEAD = Ahead()
"""The one of this server."""
