"""What a run's worker, and whoever started or ended it, write: where it is, and its end."""

from dataclasses import dataclass

from minigpt.json_values import JsonObject, amount, count, number, text, truth, whole
from minigpt.runs.records.base import LONGEST_WORD, Record, divisor
from minigpt.runs.records.sentences import sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Launch(Record):
    """When the newest worker was started, and what its process ended with, if somebody saw it."""

    at: float | None = None
    pid: int | None = None
    exit_code: int | None = None
    """Negative for the number of a signal."""
    error: str | None = None
    """Why it could not be started."""
    exceed_memory: bool | None = None
    """Whether it may need more memory than is free."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "Launch":
        """What launch.json says."""
        return cls(
            at=amount(values, "at"),
            pid=count(values, "pid"),
            exit_code=whole(values, "exit_code"),
            error=sentence(values, "error"),
            exceed_memory=truth(values, "exceed_memory") or None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals(Record):
    """What was sent to a worker that did not answer."""

    stop_at: float | None = None
    """The request that it did not answer, by its time."""
    terminated_at: float | None = None
    killed_at: float | None = None

    @classmethod
    def from_json(cls, values: JsonObject) -> "Signals":
        """What signals.json says."""
        return cls(
            stop_at=amount(values, "stop_at"),
            terminated_at=amount(values, "terminated_at"),
            killed_at=amount(values, "killed_at"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ProcessIdentity(Record):
    """Which process a worker is. Numbers are used again; number and start time are not."""

    pid: int | None = None
    started: str | None = None
    """When it began, in whatever form the system tells it."""

    @classmethod
    def from_json(cls, values: JsonObject) -> "ProcessIdentity":
        """What process.json says."""
        return cls(pid=count(values, "pid"), started=text(values, "started", LONGEST_WORD))


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerState(Record):
    """Where a worker is, and when it said so."""

    phase: str | None = None
    pid: int | None = None
    heartbeat: float | None = None
    heartbeat_timeout: float | None = None
    """Within how many seconds of the heartbeat it promised the next."""
    parameters: int | None = None
    vocabulary_size: int | None = None
    training_tokens: int | None = None
    """Tokens of the training part of its text."""
    frequency_loss: float | None = None
    """Validation loss of knowing only how often each token occurs."""
    characters_per_token: float | None = None
    """Of the validation text."""
    step: int | None = None
    steps: int | None = None
    """The last step, as the worker worked it out."""
    train_loss: float | None = None
    """The last batch's."""
    best_validation_loss: float | None = None
    best_step: int | None = None
    seconds: float | None = None
    """How long it has trained, a fork with all that its parent had trained before."""
    own_seconds: float | None = None
    """Of them, those of this run: without its parent's."""
    tokens_per_second: float | None = None
    """Over the last seconds."""
    memory: int | None = None
    """Bytes."""
    device: str | None = None
    threads: int | None = None
    processes: int | None = None
    precision: str | None = None

    @classmethod
    def from_json(cls, values: JsonObject) -> "WorkerState":
        """What state.json says."""
        return cls(
            phase=text(values, "phase", LONGEST_WORD),
            pid=count(values, "pid"),
            heartbeat=amount(values, "heartbeat"),
            heartbeat_timeout=amount(values, "heartbeat_timeout") or amount(values, "patience"),
            parameters=count(values, "parameters"),
            vocabulary_size=count(values, "vocabulary_size"),
            training_tokens=count(values, "training_tokens"),
            frequency_loss=number(values, "frequency_loss"),
            characters_per_token=divisor(values, "characters_per_token"),
            step=count(values, "step"),
            steps=count(values, "steps"),
            train_loss=number(values, "train_loss"),
            best_validation_loss=number(values, "best_validation_loss"),
            best_step=count(values, "best_step"),
            seconds=amount(values, "seconds"),
            own_seconds=amount(values, "own_seconds"),
            tokens_per_second=divisor(values, "tokens_per_second"),
            memory=count(values, "memory"),
            device=text(values, "device", LONGEST_WORD),
            threads=count(values, "threads"),
            processes=count(values, "processes"),
            precision=text(values, "precision", LONGEST_WORD),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Exit(Record):
    """How a run ended."""

    outcome: str | None = None
    """One of `minigpt.runs.status.OUTCOMES`; None if it has not ended, or does not say how."""
    reason: str | None = None
    field: str | None = None
    """The setting that is to blame, by its path."""
    step: int | None = None
    steps: int | None = None
    train_loss: float | None = None
    """The last batch's."""
    best_validation_loss: float | None = None
    best_step: int | None = None
    seconds: float | None = None
    """How long it has trained, a fork with all that its parent had trained before."""
    own_seconds: float | None = None
    """Of them, those of this run: without its parent's."""
    tokens_per_second: float | None = None
    """The mean over its own seconds, evaluations included."""
    parameters: int | None = None
    vocabulary_size: int | None = None
    table_parameters: int | None = None
    """Of those, the vectors of n-grams; None without any."""
    loss_whole: float | None = None
    """Of a model with a table of n-grams: on some windows of the validation text, at the end."""
    loss_without_heads: float | None = None
    loss_without_table: float | None = None
    """The same with every head silenced, and with every vector of an n-gram zero."""
    at: float | None = None

    @classmethod
    def from_json(cls, values: JsonObject) -> "Exit":
        """What exit.json says."""
        return cls(
            outcome=text(values, "outcome", LONGEST_WORD),
            reason=sentence(values, "reason"),
            field=text(values, "field", LONGEST_WORD),
            step=count(values, "step"),
            steps=count(values, "steps"),
            train_loss=number(values, "train_loss"),
            best_validation_loss=number(values, "best_validation_loss"),
            best_step=count(values, "best_step"),
            seconds=amount(values, "seconds"),
            own_seconds=amount(values, "own_seconds"),
            tokens_per_second=divisor(values, "tokens_per_second"),
            parameters=count(values, "parameters"),
            vocabulary_size=count(values, "vocabulary_size"),
            table_parameters=count(values, "table_parameters"),
            loss_whole=number(values, "loss_whole"),
            loss_without_heads=number(values, "loss_without_heads"),
            loss_without_table=number(values, "loss_without_table"),
            at=amount(values, "at"),
        )
