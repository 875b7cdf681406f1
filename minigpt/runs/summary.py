"""What a list shows of one run."""

from dataclasses import dataclass

from minigpt.runs import records
from minigpt.runs.bits import characters_per_token
from minigpt.runs.directory import RunDirectory
from minigpt.runs.ending import reason_of
from minigpt.runs.labels import tags_of
from minigpt.runs.status import Status

UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One line of the list of runs."""

    id: str
    name: str
    status: Status
    created_at: float
    rung: str
    corpus: str
    step: int
    steps: int
    best_validation_loss: float | None
    """Nats per token."""
    tokens_per_second: float | None
    parameters: int | None
    reason: str | None = None
    """Why it failed, was killed, paused by itself or is not started; None unless there is one."""
    owner: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    updated_at: float = 0.0
    """When anything was last heard of it, in seconds since the epoch."""
    seconds: float | None = None
    """How long it has trained."""
    train_loss: float | None = None
    """Nats per token."""
    characters_per_token: float | None = None
    """Of the validation text; None if nobody measured it."""


def summary_of(run: RunDirectory, status: Status) -> RunSummary:
    """The summary of a run of this status; a damaged file costs its own fields only."""
    config, state, meta = run.read("config"), run.read("state"), run.read("meta")
    training = records.section(config, "training")
    return RunSummary(
        id=run.id,
        name=records.text(meta, "name") or run.id,
        status=status,
        created_at=records.number(meta, "created_at") or 0.0,
        rung=records.text(records.section(config, "model"), "rung") or UNKNOWN,
        corpus=records.text(records.section(config, "corpus"), "name") or UNKNOWN,
        step=records.whole(state, "step") or 0,
        steps=records.whole(state, "steps") or records.whole(training, "steps") or 0,
        best_validation_loss=records.number(state, "best_validation_loss"),
        tokens_per_second=records.number(state, "tokens_per_second"),
        parameters=records.whole(state, "parameters"),
        reason=reason_of(run, status),
        owner=records.text(meta, "owner") or "",
        tags=tags_of(meta),
        note=records.text(meta, "note") or "",
        updated_at=_last_heard_of(run),
        seconds=records.number(state, "seconds"),
        train_loss=records.number(state, "train_loss"),
        characters_per_token=characters_per_token(config, state),
    )


def _last_heard_of(run: RunDirectory) -> float:
    moments = (("meta", "created_at"), ("launch", "at"), ("state", "heartbeat"), ("exit", "at"))
    return max(records.number(run.read(name), moment) or 0.0 for name, moment in moments)
