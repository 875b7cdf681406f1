"""What to tell people about a run: a pure function of what its directory shows.

Also why a run ended that should not have, in words.
"""

import signal
from dataclasses import dataclass
from enum import StrEnum

from minigpt.host import shortage
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Exit, Launch, Meta, WorkerState
from minigpt.sentences import N_, Sentence, join_sentences

START_GRACE_SECONDS = 60.0
STALLED_AFTER_SECONDS = 30.0
PREPARING = "preparing"
"""The phase in a worker's state before its first step."""


class Status(StrEnum):
    """Every answer there is to "how is it going?"."""

    QUEUED = N_("queued")
    STARTING = N_("starting")
    RUNNING = N_("running")
    STALLED = N_("stalled")
    PAUSED = N_("paused")
    FINISHED = N_("finished")
    STOPPED = N_("stopped")
    FAILED = N_("failed")
    KILLED = N_("killed")

    @property
    def is_live(self) -> bool:
        """Whether more is to be expected without anybody doing anything."""
        return self is Status.QUEUED or self.has_worker

    @property
    def has_worker(self) -> bool:
        """Whether a process works on it, or is about to; each takes one of the few slots."""
        return self in {Status.STARTING, Status.RUNNING, Status.STALLED}


OUTCOMES = frozenset({Status.FINISHED, Status.PAUSED, Status.STOPPED, Status.FAILED})
"""What a worker can say of its own end. Nobody writes down that he was killed."""


@dataclass(frozen=True)
class LifeSigns:
    """What can be seen of a run at one moment. Times are seconds since the epoch."""

    is_alive: bool
    launched_at: float
    heartbeat: float | None
    """When the newest worker last wrote its state; None if it never did."""
    outcome: str | None
    """How the newest worker said it ended; None if it has not."""
    is_queued: bool = False
    """Whether it waits for a slot to train in."""
    is_preparing: bool = False
    """Whether that heartbeat came before the first step."""
    heartbeat_timeout: float = STALLED_AFTER_SECONDS
    """Within how many seconds of a heartbeat the worker promised the next."""
    exit_code: int | None = None
    """What its launcher saw the worker's process end with; None if nobody saw it end."""


def derive_status(signs: LifeSigns, now: float) -> Status:
    """The one rule book for statuses."""
    if signs.is_queued:
        # A worker that lives has just been started; its entry in the queue is about to be cleared.
        return Status.STARTING if signs.is_alive else Status.QUEUED
    if signs.outcome in OUTCOMES:
        return Status(signs.outcome)
    if signs.is_alive:
        return _of_the_living(signs, now)
    if signs.heartbeat is not None:
        return Status.KILLED
    if signs.exit_code is not None:
        # A negative code is a signal from outside; else the worker gave up before it could write.
        return Status.KILLED if signs.exit_code < 0 else Status.FAILED
    # Of a clock that was set back since, an age below zero is no beginning.
    waiting = abs(now - signs.launched_at) < START_GRACE_SECONDS
    return Status.STARTING if waiting else Status.KILLED


def _of_the_living(signs: LifeSigns, now: float) -> Status:
    last_sign = signs.launched_at if signs.heartbeat is None else signs.heartbeat
    if now - last_sign > signs.heartbeat_timeout:
        return Status.STALLED
    is_preparing = signs.is_preparing or signs.heartbeat is None
    return Status.STARTING if is_preparing else Status.RUNNING


def life_signs(
    *,
    is_alive: bool,
    meta: Meta,
    launch: Launch,
    state: WorkerState,
    end: Exit,
    is_queued: bool = False,
) -> LifeSigns:
    """Pick the signs out of a run's files; what is damaged there is no sign.

    A run that was taken up again has files of an earlier worker; those are no signs either.
    """
    launched_at, heartbeat = launch.at, state.heartbeat
    is_of_newest = heartbeat is None or launched_at is None or heartbeat >= launched_at
    return LifeSigns(
        is_alive=is_alive,
        launched_at=launched_at or meta.created_at or 0.0,
        heartbeat=heartbeat if is_of_newest else None,
        outcome=end.outcome if is_last_word(end, launch) else None,
        is_queued=is_queued,
        is_preparing=state.phase == PREPARING,
        heartbeat_timeout=state.heartbeat_timeout or STALLED_AFTER_SECONDS,
        exit_code=launch.exit_code,
    )


def is_last_word(end: Exit, launch: Launch) -> bool:
    """Whether exit.json is of the newest worker, and not of one that was followed by another."""
    if end.outcome is None:
        return False
    return end.at is None or launch.at is None or end.at >= launch.at


LOG_LINES = 3


def reason_of(run: RunDirectory, status: Status) -> str | None:
    """The reason for a status that calls for one; None for the others."""
    if status is Status.FAILED:
        return run.exit().reason or _gave_up(run)
    if status is Status.KILLED:
        return _ended_unanswered(run) or _killed(run)
    if status is Status.PAUSED:
        return run.exit().reason
    if status is Status.QUEUED:
        return shortage(run.path, host=run.host)
    return None


def _gave_up(run: RunDirectory) -> str:
    launch = run.launch()
    if launch.error:
        return launch.error
    if launch.exit_code is None:
        return join_sentences([Sentence("The worker gave no reason."), *_last_words(run)], " ")
    code = launch.exit_code
    return join_sentences(
        [
            Sentence("The worker ended with exit code {code} before training began.", code=code),
            *_last_words(run),
        ],
        " ",
    )


def _ended_unanswered(run: RunDirectory) -> str | None:
    sent, launch = run.signals(), run.launch()
    killed_at = sent.killed_at
    if killed_at is None or killed_at < (launch.at or 0.0):
        return None
    asked_at = sent.stop_at or killed_at
    return Sentence(
        "It did not answer the request to stop within {seconds:,.0f} seconds, so its process "
        "was ended. What it had saved before is still good.",
        seconds=killed_at - asked_at,
    )


def _killed(run: RunDirectory) -> str:
    state = run.state()
    by_signal = _signal_name(run.launch(), state)
    if by_signal:
        said: list[str] = [
            Sentence(
                "The worker was ended from outside by {by_signal}. Most often the computer ran "
                "out of memory or was restarted, or somebody ended the process.",
                by_signal=by_signal,
            )
        ]
    else:
        said = [
            Sentence(
                "The worker ended without a word. Most often the computer ran out of memory or was "
                "restarted, or somebody ended the process."
            )
        ]
    if state.step is not None:
        said.append(Sentence("What it had saved up to step {step} is still good.", step=state.step))
    return join_sentences([*said, *_last_words(run)], " ")


def _signal_name(launch: Launch, state: WorkerState) -> str | None:
    code = launch.exit_code
    # Another worker may have been started on this run since, and have refused.
    if code is None or code >= 0 or state.pid not in (None, launch.pid):
        return None
    try:
        return signal.Signals(-code).name
    except ValueError:
        return Sentence("signal {number}", number=-code)


def _last_words(run: RunDirectory) -> list[str]:
    lines = run.log_tail(LOG_LINES)
    return [Sentence("Its log ends with: {lines}", lines=" / ".join(lines))] if lines else []
