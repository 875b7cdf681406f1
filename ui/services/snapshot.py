"""All that the screen shows of one run at one moment, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from minigpt.checkpoints.manifest import Checkpoint
from minigpt.jobs.fairness import QueuePosition
from minigpt.runs.analysis.metric_history import MetricCurves, MetricHistory
from minigpt.runs.records import Control, Event, Exit, Launch, Sample, Settings, WorkerState
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary

LOST_WITH = "training.learning_rate"
"""The setting that a worker blames when a loss is no longer a number."""


@dataclass(frozen=True, kw_only=True)
class RunSnapshot:
    """Shared by all viewers, so nobody may change what is in it."""

    summary: RunSummary
    settings: Settings
    state: WorkerState
    end: Exit
    launch: Launch
    control: Control
    history: MetricHistory
    checkpoints: Sequence[Checkpoint]
    queue_position: QueuePosition | None = None
    """Where it stands in the queue; None unless it waits there."""

    @property
    def status(self) -> Status:
        """How the run is doing."""
        return self.summary.status

    @property
    def curves(self) -> MetricCurves:
        """Each metric over its steps, thinned out to what a chart can show."""
        return self.history.curves

    @property
    def samples(self) -> Sequence[Sample]:
        """Every sample written so far, oldest first."""
        return self.history.samples

    @property
    def events(self) -> Sequence[Event]:
        """What happened so far, oldest first."""
        return self.history.events

    @property
    def steps(self) -> int:
        """The last step that is planned: as the worker worked it out, else as it was asked for."""
        return self.state.steps or self.summary.steps

    @property
    def last_logged(self) -> int | None:
        """The newest step of which a loss is written down; None before there is one."""
        curves = self.curves.train_loss, self.curves.validation_loss
        return max((int(curve[-1][0]) for curve in curves if curve), default=None)

    @property
    def asked(self) -> Literal["stop", "pause"] | None:
        """What its worker was asked for and has not done yet."""
        is_of_newest = (self.control.at or 0.0) >= (self.launch.at or 0.0)
        if not self.status.has_worker or not is_of_newest:
            return None
        if self.control.stop:
            return "stop"
        return "pause" if self.control.pause else None

    @property
    def has_diverged(self) -> bool:
        """Whether it failed because a loss was no longer a number."""
        return (
            self.last_logged is not None
            and self.status is Status.FAILED
            and self.end.field == LOST_WITH
        )
