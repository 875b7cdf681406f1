"""The process that trains one run: `python -m minigpt.jobs.worker.process DIRECTORY`.

It takes the run's lock before anything slow, so that from its first moment people can tell
whether it lives, and says how it ended as its last act but one: the last is to let the next run
of the queue begin.
"""

import logging
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from filelock import Timeout

from minigpt.errors import MiniGPTError
from minigpt.host import full_reason, is_full, lay_reserve, release_reserve, spend_reserve
from minigpt.jobs import processes, queue
from minigpt.jobs.worker.control import Requests, forget_stale
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Exit, WorkerState
from minigpt.runs.status import PREPARING, Status
from minigpt.runs.store import RunStore
from minigpt.sentences import N_, Sentence
from minigpt.training import ranks

LOCK_WAIT_SECONDS = 3.0
PREPARING_TIMEOUT_SECONDS = 600.0
NICENESS = 5
LAST_WORD_TRIES = 5
LAST_WORD_PAUSE_SECONDS = 0.1

logger = logging.getLogger(__name__)


def main(arguments: list[str], *, lock_wait: float = LOCK_WAIT_SECONDS) -> int:
    """Train the run in the given directory. Returns 0 if it ended as planned or as asked.

    Somebody who holds the run's lock just to ask for it is waited for `lock_wait` seconds.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    if len(arguments) != 1 or not (run := RunDirectory(Path(arguments[0]))).exists:
        logger.error("Give the directory of a run: python -m minigpt.jobs.worker.process DIRECTORY")
        return 2
    if ranks.rank() > 0:
        return _train_along(run)
    try:
        lock = run.lock().acquire(timeout=lock_wait)
    except Timeout:
        logger.error("Another worker is training this run already.")
        return 1
    try:
        with lock:
            return _work(run)
    finally:
        _hand_over(run)


def _work(run: RunDirectory) -> int:
    end = _train(run)
    # Never before it was launched, as on a clock that was set back: that would be an earlier end.
    _write_end(run, replace(end, at=max(run.host.now(), run.launch().at or 0.0)))
    logger.info("%s. %s", end.outcome, end.reason or "")
    return 1 if end.outcome == Status.FAILED else 0


def _train(run: RunDirectory) -> Exit:
    try:
        requests = _begin(run)
        # Here and not above: torch takes seconds to import, and may fail to. By now the lock is
        # held, so people see that the worker lives, and read the reason if it does not.
        from minigpt.jobs.worker.session import train_run
        from minigpt.training.distributed import joined_world

        with joined_world() as world:
            return train_run(run, requests, world)
    except Exception as error:
        if is_full(error):
            return Exit(outcome=str(Status.PAUSED), reason=full_reason(error))
        if not isinstance(error, MiniGPTError):
            logger.exception("Training broke off.")
        # The setting that is to blame, as a form names it, if the error knows one.
        field = getattr(error, "field", None)
        return Exit(outcome=str(Status.FAILED), reason=failure_reason(error), field=field)


def _train_along(run: RunDirectory) -> int:
    """Compute a share of every batch for the first process, which writes and decides."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)  # the first one hears it too, and tells when to end
    from minigpt.jobs.worker.session import train_run
    from minigpt.training.distributed import joined_world

    with joined_world() as world:
        train_run(run, Requests(run), world)
    return 0


def _begin(run: RunDirectory) -> Requests:
    """Say who is at work, and clear away what an earlier worker of this run left."""
    run.sweep()
    forget_stale(run)
    requests = Requests(run)
    requests.listen()
    run.write("process", processes.of_this_process().to_json())
    run.write("state", _first_state(run).to_json())
    run.remove("exit")
    run.remove("neurons")
    run.remove("queued")
    with suppress(OSError):  # whoever launched it has seen to it, where there was room
        lay_reserve(run.reserve)
    with suppress(OSError, AttributeError):  # Windows has no niceness
        # At least, not more: one that an ending worker started has its niceness already.
        os.nice(max(0, NICENESS - os.nice(0)))
    return requests


def _write_end(run: RunDirectory, end: Exit) -> None:
    with suppress(OSError):
        # What is given back first, another writer may take before this one.
        return spend_reserve(run.reserve, run.path / "exit.json", end.to_json())
    release_reserve(run.reserve)
    for attempt in range(LAST_WORD_TRIES):
        try:
            return run.write("exit", end.to_json())
        except OSError:
            if attempt == LAST_WORD_TRIES - 1:
                raise
            time.sleep(LAST_WORD_PAUSE_SECONDS)  # others write to the same full disk


def _hand_over(run: RunDirectory) -> None:
    try:
        queue.start_due_runs(
            RunStore(run.path.parent, run.host), lock_timeout=queue.LOCK_TIMEOUT_SECONDS
        )
    except Exception:  # whatever it is, this run's own end stands
        logger.exception("The next run of the queue could not be started.")


def failure_reason(error: Exception) -> str:
    """What a failure means, in words for whoever looks at the run on a screen."""
    return Sentence(_explanation(error)).as_said()


def _explanation(error: Exception) -> str:
    if isinstance(error, MiniGPTError):
        return error.message
    if isinstance(error, MemoryError) or any(words in str(error) for words in OUT_OF_MEMORY):
        return N_(
            "The computer ran out of memory. Halve the batch size; or leave it and cut each batch "
            "into twice as many pieces (gradient accumulation), which learns the same; or choose a "
            "smaller width, fewer layers or a shorter context. Then start again."
        )
    if any(words in str(error) for words in PARTNER_LOST):
        return N_(
            "One of the processes that shared this training ended, most often for lack of memory. "
            "Resume the run, or train it with fewer processes."
        )
    if isinstance(error, OSError):
        return Sentence(
            "A file could not be read or written: {error}. Check that it is there and may "
            "be used, and resume this run. What was saved before is still good.",
            error=error,
        )
    return Sentence("Unexpected {name}: {error}", name=type(error).__name__, error=error)


OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory")
"""How torch says it, in errors that have no type of their own."""
PARTNER_LOST = ("Connection closed by peer", "Connection reset by peer")
"""How torch says that another process is gone."""


def _first_state(run: RunDirectory) -> WorkerState:
    # Of a run that goes on, what it had reached stays on the screen meanwhile.
    return replace(
        run.state(),
        phase=PREPARING,
        pid=os.getpid(),
        heartbeat=run.host.now(),
        heartbeat_timeout=PREPARING_TIMEOUT_SECONDS,
    )


if __name__ == "__main__":
    processes.die_first()
    sys.exit(main(sys.argv[1:]))
