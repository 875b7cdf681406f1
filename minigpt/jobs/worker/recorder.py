"""What a worker writes down while it trains: metrics, samples, heads, state, weights.

One recorder for a run, in the worker's process.
"""

import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import torch

from minigpt.checkpoints.manifest import list_checkpoints, log_spaced_steps, remove_checkpoint
from minigpt.checkpoints.training_state import save_state
from minigpt.checkpoints.weights import save_checkpoint
from minigpt.host import require_space
from minigpt.jobs.estimate.measurements import Calibration, keep_run
from minigpt.jobs.worker.frames import frame_steps
from minigpt.jobs.worker.heads import head_row, table_worth
from minigpt.jobs.worker.setup import PreparedTraining
from minigpt.jobs.worker.tensorboard import EventFiles, open_event_files
from minigpt.jobs.worker.throughput import PartsMeter, ThroughputMeter
from minigpt.runs.analysis.inside.neurons import write_neurons
from minigpt.runs.analysis.inside.texts import write_unseen
from minigpt.runs.attention.film import film_frame
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Event, Exit, MetricRow, Sample, WorkerState
from minigpt.runs.records.speed import mean_speed, row_at
from minigpt.runs.status import STALLED_AFTER_SECONDS
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.training.progress import StepReport

STATUS = Path("/proc/self/statm")


def memory_in_use() -> int | None:
    """Bytes held now, on the graphics card if there is one in use; None where nobody can tell."""
    if torch.cuda.is_available() and torch.cuda.memory_allocated():
        return torch.cuda.memory_allocated()
    try:
        import resource
    except ImportError:  # Windows
        return None
    if STATUS.exists():
        return int(STATUS.read_text().split()[1]) * resource.getpagesize()
    # Without /proc only the most it ever held is known: in bytes on a Mac, else in kibibytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


HEARTBEAT_SECONDS = 1.0
MOST_TRAINING_POINTS = 2000
PAUSES_BEFORE_STALLED = 10.0
STATE_PER_WEIGHT = 3
"""A weight, and at most two numbers that its optimizer remembers of it."""


@dataclass(kw_only=True)
class Recorder:
    """Turns step reports into the files of a run directory."""

    run: RunDirectory
    config: RunConfig
    prepared: PreparedTraining
    best_loss: float | None = None
    best_step: int = 0
    kept_steps: set[int] = field(default_factory=set)
    """Steps whose weights stay, however good or bad they are."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that only ever go on."""
    _last: StepReport | None = None
    _recalled_loss: float | None = None
    """The training loss at the step from which this run goes on, if it is known."""
    _saved_step: int | None = None
    _filmed_step: int | None = None
    _state_at: float = -math.inf
    _parent_seconds: float = 0.0
    """That a fork's parent had trained before; part of the run's clock, not of its work."""

    def __post_init__(self) -> None:
        trainer = self.prepared.trainer
        self.kept_steps = set(log_spaced_steps(trainer.last_step, self.config.logging.checkpoints))
        self.frame_steps = frame_steps(
            trainer.last_step, self.config.logging.attention_frames, self.kept_steps
        )
        self.metrics_interval = max(1, trainer.last_step // MOST_TRAINING_POINTS)
        self._throughput = ThroughputMeter(trainer.progress, self.clock)
        self._parts = PartsMeter(self.clock)
        self._parent_seconds = self._seconds_of_parent()
        weights = self.prepared.model.state_dict().values()
        self._weight_bytes = sum(tensor.nbytes for tensor in weights)
        self._event_files: EventFiles | None = (
            open_event_files(self.run.path) if self.config.logging.tensorboard else None
        )
        self._recalled_loss = self._recall_loss(trainer.progress.step)
        self._recall_best(trainer.progress.step, trainer.progress.best_loss)

    def record(self, report: StepReport) -> None:
        """Write down one step: always its numbers, now and then weights, a sample, the state."""
        self._last = report
        evaluated = report.validation_loss is not None
        self._parts.report_arrived(step=report.step, evaluated=evaluated)
        self._throughput.record_step(report.tokens_seen)
        if evaluated or report.step in self.kept_steps:
            self._save_weights(report)
        if evaluated or report.step % self.metrics_interval == 0:
            self._write_metrics(report)
        if evaluated:
            self.write_sample(report.step)
            with self._parts.part("heads"):
                self._write_heads(report.step)
        if report.step in self.frame_steps:
            self._write_frame(report.step)
        if evaluated or self.clock() - self._state_at > HEARTBEAT_SECONDS:
            self.write_state("training")
        # Last: whoever goes on from here does not come by this step again, so all that it leaves
        # must be there already, in case the worker is killed in between. The end saves its own.
        if evaluated and not report.ending and self._throughput.saving_is_due:
            self._save_state()
        self._parts.report_done()

    def event(self, text: str, *, step: int | None = None) -> None:
        """Note something that happened, at a step if it is of one."""
        self.run.append("events", Event(at=self.run.host.now(), text=text, step=step).to_json())

    def save_all(self, report: StepReport) -> None:
        """Save the weights of a step for good, and all that training needs to go on from it."""
        self.kept_steps.add(report.step)
        self._save_weights(report)
        self._save_state()

    def finish(self, outcome: str) -> Exit:
        """Save the last step and say how it ended."""
        if self._last:
            self.save_all(self._last)
            self._write_frame(self._last.step)
        self.write_state("done")
        self._remember_parts()
        seconds, own = self._throughput.seconds, self._own_seconds
        worth = table_worth(self.prepared.model.eval(), self.prepared.windows)
        if outcome != "paused":  # whoever goes on ends later, and looks then
            write_neurons(self.run)
            write_unseen(self.run)
        return replace(
            worth,
            outcome=outcome,
            step=self._step,
            train_loss=self._train_loss,
            best_validation_loss=self.best_loss,
            best_step=self.best_step,
            seconds=seconds,
            own_seconds=own,
            tokens_per_second=mean_speed(self.run.settings(), step=self._step, seconds=own),
        )

    def write_state(self, phase: str) -> None:
        """Say where training stands; the time of writing is the sign of life."""
        self._state_at = self.clock()
        compute = self.config.compute
        state = WorkerState(
            phase=phase,
            pid=os.getpid(),
            heartbeat=self.run.host.now(),
            heartbeat_timeout=max(
                STALLED_AFTER_SECONDS, PAUSES_BEFORE_STALLED * self._throughput.longest_pause
            ),
            parameters=self.prepared.model.num_parameters,
            vocabulary_size=self.prepared.tokenizer.vocabulary_size,
            training_tokens=self.prepared.trainer.training_tokens,
            characters_per_token=self.prepared.characters_per_token,
            frequency_loss=self.prepared.frequency_loss,
            step=self._step,
            steps=self.prepared.trainer.last_step,
            train_loss=self._train_loss,
            best_validation_loss=self.best_loss,
            best_step=self.best_step,
            seconds=self._throughput.seconds,
            own_seconds=self._own_seconds,
            tokens_per_second=self._throughput.tokens_per_second,
            memory=memory_in_use(),
            device=str(self.prepared.trainer.device),
            threads=torch.get_num_threads(),
            processes=compute.processes,
            precision=compute.precision,
        )
        self.run.write("state", state.to_json())

    def write_sample(self, step: int) -> None:
        """Let the model write a little, always from the same start and with the same chances."""
        length = self.config.logging.sample_tokens
        if not length:
            return
        model, tokenizer = self.prepared.model.eval(), self.prepared.tokenizer
        drawn = generate(
            model, self.prepared.sample_prompt, SamplingConfig(), seed=self.config.seed
        )
        with self._parts.part("token", count=length):
            ids = [token.id for token in islice(drawn, length)]
        self.run.append("samples", Sample(step=step, text=tokenizer.decode(ids)).to_json())

    def _write_heads(self, step: int) -> None:
        if not self.config.logging.head_shares:
            return
        row = head_row(self.prepared.model.eval(), self.prepared.windows.inputs, step=step)
        if row:
            self.run.append("heads", row.to_json())

    def _write_frame(self, step: int) -> None:
        probe = self.prepared.probe.ids
        if not probe or step == self._filmed_step:
            return
        with self._parts.part("frame"):
            frame = film_frame(self.prepared.model.eval(), probe, step=step)
            self.run.append("frames", frame.to_json())
        self._filmed_step = step

    @property
    def _step(self) -> int:
        return self._last.step if self._last else self.prepared.trainer.progress.step

    @property
    def _own_seconds(self) -> float:
        return max(0.0, self._throughput.seconds - self._parent_seconds)

    def _seconds_of_parent(self) -> float:
        start = self.config.start
        if start.kind != "fork" or not start.step:
            return 0.0
        return row_at(self.run.metric_rows(), start.step).seconds or 0.0

    @property
    def _train_loss(self) -> float | None:
        return _finite(self._last.train_loss) if self._last else self._recalled_loss

    def _recall_loss(self, step: int) -> float | None:
        state = self.run.state()
        return state.train_loss if state.step == step else None

    def _recall_best(self, step: int, loss: float | None) -> None:
        self.best_loss = loss
        saved = list_checkpoints(self.run.weights)
        best = [one.step for one in saved if one.step <= step and one.validation_loss == loss]
        if loss is not None and best:
            self.best_step = best[-1]
        # Those of later steps come once more, and are kept or not as they were the first time.
        passing = {self.best_step} if loss is not None else set[int]()
        self.kept_steps |= {one.step for one in saved if one.step <= step} - passing
        if self.config.start.kind == "fork" and self.config.start.step is not None:
            self.kept_steps.add(self.config.start.step)

    def _remember_parts(self) -> None:
        """Leave what the parts took to the estimates of runs to come."""
        compute = self.config.compute
        if compute.processes > 1 or compute.compile:
            return  # what others wait for, and what is made once, are no parts of a step
        if not (means := self._parts.means(windows=self.prepared.trainer.evaluation_windows)):
            return
        parts = Calibration(start_seconds=0.0, **means)
        size = self.prepared.tokenizer.vocabulary_size
        keep_run(self.config, parts, vocabulary_size=size)

    def _save_state(self) -> None:
        began = self.clock()
        require_space(self.run.path, STATE_PER_WEIGHT * self._weight_bytes, self.run.host)
        with self._parts.part("state"):
            save_state(self.run.weights, self.prepared.trainer.state())
        self._throughput.record_save(self.clock() - began)

    def _save_weights(self, report: StepReport) -> None:
        loss = _finite(report.validation_loss)
        is_best = loss is not None and (self.best_loss is None or loss < self.best_loss)
        wanted = is_best or report.step in self.kept_steps
        if not wanted or report.step == self._saved_step:
            return
        require_space(self.run.path, self._weight_bytes, self.run.host)
        with self._parts.part("weights"):
            save_checkpoint(
                self.run.weights, self.prepared.model, step=report.step, validation_loss=loss
            )
        self._saved_step = report.step
        if is_best:
            beaten, self.best_loss, self.best_step = self.best_step, loss, report.step
            if beaten not in self.kept_steps:
                remove_checkpoint(self.run.weights, beaten)

    def _write_metrics(self, report: StepReport) -> None:
        row = MetricRow(
            step=report.step,
            train_loss=_finite(report.train_loss),
            training_part_loss=_finite(report.training_part_loss),
            validation_loss=_finite(report.validation_loss),
            learning_rate=report.learning_rate,
            gradient_norm=_finite(report.gradient_norm),
            tokens=report.tokens_seen,
            seconds=round(self._throughput.seconds, 3),
            tokens_per_second=self._throughput.tokens_per_second,
            memory=memory_in_use(),
        )
        with self._parts.part("log_row"):
            self._append_metrics(row)

    def _append_metrics(self, row: MetricRow) -> None:
        self.run.append("metrics", row.to_json())
        if self._event_files:
            self._event_files.write(row)


def _finite(value: float | None) -> float | None:
    """JSON has no infinity; what is not a number has no place on a chart either."""
    return value if value is not None and math.isfinite(value) else None
