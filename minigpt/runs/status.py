"""What to tell people about a run: a pure function of what its directory shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from minigpt.runs import lenient

START_GRACE_SECONDS = 60.0
STALLED_AFTER_SECONDS = 30.0
PREPARING = "preparing"
"""The phase in a worker's state before its first step."""


class Status(StrEnum):
    """Every answer there is to "how is it going?"."""

    STARTING = "starting"
    RUNNING = "running"
    STALLED = "stalled"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"
    KILLED = "killed"

    @property
    def is_live(self) -> bool:
        """Whether more is to be expected without anybody doing anything."""
        return self in {Status.STARTING, Status.RUNNING, Status.STALLED}


OUTCOMES = frozenset({Status.FINISHED, Status.STOPPED, Status.FAILED})
"""What a worker can say of its own end. Nobody writes down that he was killed."""


@dataclass(frozen=True)
class Evidence:
    """What can be seen of a run at one moment. Times are seconds since the epoch."""

    is_alive: bool
    launched_at: float
    heartbeat: float | None
    """When the worker last wrote its state; None if it never did."""
    outcome: str | None
    """What exit.json says; None if there is none."""
    is_preparing: bool = False
    """Whether that heartbeat came before the first step."""
    patience: float = STALLED_AFTER_SECONDS
    """Within how many seconds of a heartbeat the worker promised the next."""
    exit_code: int | None = None
    """What its launcher saw the worker's process end with; None if nobody saw it end."""


def derive_status(evidence: Evidence, now: float) -> Status:
    """The one rule book for statuses."""
    if evidence.outcome in OUTCOMES:
        return Status(evidence.outcome)
    if evidence.is_alive:
        return _of_the_living(evidence, now)
    if evidence.heartbeat is not None:
        return Status.KILLED
    if evidence.exit_code is not None:
        # A negative code is a signal from outside; else the worker gave up before it could write.
        return Status.KILLED if evidence.exit_code < 0 else Status.FAILED
    waiting = now - evidence.launched_at < START_GRACE_SECONDS
    return Status.STARTING if waiting else Status.KILLED


def _of_the_living(evidence: Evidence, now: float) -> Status:
    last_sign = evidence.launched_at if evidence.heartbeat is None else evidence.heartbeat
    if now - last_sign > evidence.patience:
        return Status.STALLED
    is_preparing = evidence.is_preparing or evidence.heartbeat is None
    return Status.STARTING if is_preparing else Status.RUNNING


def evidence_from(
    *,
    is_alive: bool,
    meta: Mapping[str, Any],
    launch: Mapping[str, Any],
    state: Mapping[str, Any],
    end: Mapping[str, Any],
) -> Evidence:
    """Pick the evidence out of a run's files; what is damaged there is no evidence."""
    launched_at = lenient.number(launch, "at") or lenient.number(meta, "created_at")
    return Evidence(
        is_alive=is_alive,
        launched_at=launched_at or 0.0,
        heartbeat=lenient.number(state, "heartbeat"),
        outcome=lenient.text(end, "outcome"),
        is_preparing=state.get("phase") == PREPARING,
        patience=lenient.number(state, "patience") or STALLED_AFTER_SECONDS,
        exit_code=lenient.whole(launch, "exit_code"),
    )
