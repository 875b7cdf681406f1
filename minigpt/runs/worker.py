"""The process that trains one run: `python -m minigpt.runs.worker DIRECTORY`.

It takes the run's lock before anything slow, so that from its first moment people can tell
whether it lives, and says how it ended as its last act.
"""

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from filelock import Timeout

from minigpt.errors import MiniGPTError
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import PREPARING

LOCK_WAIT_SECONDS = 3.0
CONTROL_INTERVAL_SECONDS = 0.2
PREPARING_PATIENCE_SECONDS = 600.0
NICENESS = 5

logger = logging.getLogger(__name__)


class StopRequests:
    """Whether somebody wants the run to end: by control file, or by SIGTERM or SIGINT."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self._signalled = False
        self._asked = False
        self._next_look = 0.0
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._on_signal)

    def pending(self) -> bool:
        """True once a stop was asked for. Cheap enough to call after every step."""
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + CONTROL_INTERVAL_SECONDS
            self._asked = bool(self._run.read("control").get("stop"))
        return self._signalled or self._asked

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signalled = True


def main(arguments: list[str]) -> int:
    """Train the run in the given directory. Returns 0 if it ended as planned or as asked."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if len(arguments) != 1 or not (run := RunDirectory(Path(arguments[0]))).exists:
        logger.error("Give the directory of a run: python -m minigpt.runs.worker DIRECTORY")
        return 2
    try:
        with run.lock().acquire(timeout=LOCK_WAIT_SECONDS):
            return _work(run)
    except Timeout:
        logger.error("Another worker is training this run already.")
        return 1


def _work(run: RunDirectory) -> int:
    if run.read("exit") or run.read("state"):
        logger.error("A worker has trained this run before; start a new run.")
        return 1
    run.write("state", _first_state())
    stop = StopRequests(run)
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(NICENESS)
    end = _train(run, stop)
    run.write("exit", {**end, "at": time.time()})
    logger.info("%s. %s", end["outcome"], end.get("reason", ""))
    return 1 if end["outcome"] == "failed" else 0


def _train(run: RunDirectory, stop: StopRequests) -> dict[str, Any]:
    try:
        # Here and not above: torch takes seconds to import, and may fail to. By now the lock is
        # held, so people see that the worker lives, and read the reason if it does not.
        from minigpt.runs.session import train_run

        return train_run(run, stop.pending)
    except Exception as error:
        if not isinstance(error, MiniGPTError):
            logger.exception("Training broke off.")
        return {"outcome": "failed", "reason": reason_for(error)}


def reason_for(error: Exception) -> str:
    """What a failure means, in words for the person who started the run."""
    if isinstance(error, MiniGPTError):
        return error.message
    if isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY):
        return (
            "The computer ran out of memory. Halve the batch size, or choose a smaller width or "
            "a shorter context, and start again."
        )
    if isinstance(error, OSError):
        return (
            f"A file could not be read or written: {error}. Check that the disk has space left "
            "and start again. What was saved before is still good."
        )
    return f"Unexpected {type(error).__name__}: {error}"


OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")
"""How torch says it, in errors that have no type of their own."""


def _first_state() -> dict[str, Any]:
    return {
        "phase": PREPARING,
        "pid": os.getpid(),
        "heartbeat": time.time(),
        "patience": PREPARING_PATIENCE_SECONDS,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
