"""Ending a worker that does not answer the request to stop.

First it is asked through control.json; then, if it still lives, by SIGTERM, and at last its whole
process group is ended by SIGKILL. Whoever looks carries this out: every page view, a waiting
command, and a thread of the process that asked.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto

from minigpt.errors import RunError
from minigpt.jobs.processes import live_worker_pid
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Signals, WorkerState
from minigpt.runs.status import PREPARING, STALLED_AFTER_SECONDS, is_last_word
from minigpt.runs.store import RunStore

POLL_SECONDS = 0.5
WATCH_SECONDS = 3600.0
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has one way to end a process


@dataclass(frozen=True, kw_only=True)
class Delays:
    """How long it is waited for, in seconds."""

    terminate: float = 15.0
    """From the request to SIGTERM."""
    kill: float = 30.0
    """From SIGTERM to SIGKILL; longer for a worker whose steps are known to be slow."""


class Due(Enum):
    """What has to happen now."""

    NOTHING = auto()
    TERMINATE = auto()
    KILL = auto()


def due_action(
    *,
    asked_at: float,
    terminated_at: float | None,
    now: float,
    heartbeat_timeout: float,
    delays: Delays,
) -> Due:
    """The rule. Times are seconds since the epoch.

    Args:
        asked_at: when the run was asked to stop.
        terminated_at: when SIGTERM was sent; None if it was not.
        now: the time of asking.
        heartbeat_timeout: within how many seconds the worker promised its next sign of life.
        delays: how long to wait before each step.
    """
    if terminated_at is None:
        return Due.TERMINATE if now - asked_at >= delays.terminate else Due.NOTHING
    slow = heartbeat_timeout if heartbeat_timeout > STALLED_AFTER_SECONDS else 0.0
    return Due.KILL if now - terminated_at >= max(delays.kill, slow) else Due.NOTHING


def terminate_due(store: RunStore, delays: Delays | None = None) -> None:
    """Do what is due for every run that was asked to stop."""
    for path in store.root.glob("*/control.json"):
        with suppress(RunError):
            escalate(store.open(path.parent.name), delays or Delays())


def watch(
    run: RunDirectory,
    delays: Delays | None = None,
    *,
    sleep: Callable[[float], object] = time.sleep,
) -> threading.Thread:
    """Do what is due for one run until it has ended, without keeping this process from ending.

    Looks every `POLL_SECONDS`; `sleep` is what waits for so many seconds in between.
    """

    def keep_watch() -> None:
        give_up = time.monotonic() + WATCH_SECONDS
        while time.monotonic() < give_up and escalate(run, delays or Delays()):
            sleep(POLL_SECONDS)

    watcher = threading.Thread(target=keep_watch, daemon=True)
    watcher.start()
    return watcher


def escalate(run: RunDirectory, delays: Delays) -> bool:
    """Do what is due for a run; returns whether it was asked to stop and still lives."""
    control, launch = run.control(), run.launch()
    asked_at = control.stop_at or control.at or 0.0
    is_asked = control.stop and asked_at >= (launch.at or 0.0)
    if not is_asked or is_last_word(run.exit(), launch) or not run.is_alive():
        return False
    sent = run.signals()
    of_this_request = sent.stop_at == asked_at
    what = due_action(
        asked_at=asked_at,
        terminated_at=sent.terminated_at if of_this_request else None,
        now=run.host.now(),
        heartbeat_timeout=_heartbeat_timeout(run.state()),
        delays=delays,
    )
    if what is Due.TERMINATE:
        if os.name == "posix":  # elsewhere it would end the worker at once, without a last word
            _send(run, signal.SIGTERM)
        _note(run, Signals(stop_at=asked_at, terminated_at=run.host.now()))
    elif what is Due.KILL and _send(run, KILL):
        _note(run, replace(sent, killed_at=run.host.now()))
    return True


def _heartbeat_timeout(state: WorkerState) -> float:
    # Before the first step there is nothing to lose by being ended.
    if state.phase == PREPARING:
        return 0.0
    return state.heartbeat_timeout or 0.0


def _send(run: RunDirectory, number: signal.Signals) -> bool:
    """Send a signal to a run's worker, and a last one to all its processes.

    Returns False if it is not certain which process that is: then nobody is signalled.
    """
    pid = live_worker_pid(run)
    if pid is None:
        return False
    with suppress(ProcessLookupError, PermissionError):
        if number is KILL and (group := _own_group(run, pid)):
            os.killpg(group, number)
        else:
            os.kill(pid, number)
        return True
    return False


def _own_group(run: RunDirectory, pid: int) -> int | None:
    """The group of a worker and its helpers; None if it may share one with others.

    That of a worker started by hand is its shell's.
    """
    if not hasattr(os, "getpgid"):
        return None
    group = os.getpgid(pid)
    return group if group in (pid, run.launch().pid) else None


def _note(run: RunDirectory, sent: Signals) -> None:
    with suppress(OSError):
        run.write("signals", sent.to_json())
