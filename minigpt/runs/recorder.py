"""What a worker writes down while it trains. One recorder per run, in the worker's process."""

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from minigpt.checkpoints.manifest import log_spaced_steps, remove_checkpoint
from minigpt.checkpoints.weights import save_checkpoint
from minigpt.models.language_model import LanguageModel
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.status import STALLED_AFTER_SECONDS
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generator import generate
from minigpt.tokenizers import Tokenizer
from minigpt.training.trainer import StepReport

HEARTBEAT_SECONDS = 1.0
MOST_TRAINING_POINTS = 2000
RATE_WINDOW_SECONDS = 10.0
PAUSES_BEFORE_STALLED = 10.0


@dataclass(kw_only=True)
class Recorder:
    """Turns step reports into the files of a run directory."""

    run: RunDirectory
    config: RunConfig
    model: LanguageModel
    tokenizer: Tokenizer
    sample_prompt: Sequence[int]
    """The token ids that every sample continues."""
    started_at: float = field(default_factory=time.monotonic)
    best_loss: float | None = None
    best_step: int = 0
    _last: StepReport | None = None
    _last_at: float = field(default_factory=time.monotonic)
    _longest_pause: float = 0.0
    _saved_step: int | None = None
    _state_at: float = -math.inf
    _rate_marks: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        steps = self.config.training.steps
        self.kept_steps = log_spaced_steps(steps, self.config.logging.checkpoints)
        self.metrics_interval = max(1, steps // MOST_TRAINING_POINTS)

    def record(self, report: StepReport) -> None:
        """Write down one step: always its numbers, now and then weights, a sample, the state."""
        self._notice(report)
        evaluated = report.validation_loss is not None
        if evaluated or report.step in self.kept_steps:
            self._save_weights(report)
        if evaluated or report.step % self.metrics_interval == 0:
            self.run.append("metrics", self._metrics(report))
        if evaluated:
            self._write_sample(report)
        if evaluated or time.monotonic() - self._state_at > HEARTBEAT_SECONDS:
            self.write_state("training")

    def event(self, text: str, **details: Any) -> None:
        """Note something that happened."""
        self.run.append("events", {"at": time.time(), "text": text, **details})

    def finish(self, outcome: str) -> dict[str, Any]:
        """Save the last weights and say how it ended."""
        if self._last:
            self._save_weights(self._last, keep=True)
        self.write_state("done")
        tokens = self._last.tokens_seen if self._last else 0
        return {
            "outcome": outcome,
            **self._progress(),
            "seconds": self._seconds,
            "tokens_per_second": tokens / self._seconds if self._seconds else None,
        }

    def write_state(self, phase: str) -> None:
        """Say where training stands; the time of writing is the sign of life."""
        self._state_at = time.monotonic()
        pause = PAUSES_BEFORE_STALLED * self._longest_pause
        self.run.write(
            "state",
            {
                "phase": phase,
                "pid": os.getpid(),
                "heartbeat": time.time(),
                "patience": max(STALLED_AFTER_SECONDS, pause),
                "parameters": self.model.num_parameters,
                "vocabulary_size": self.tokenizer.vocabulary_size,
                **self._progress(),
                "steps": self.config.training.steps,
                "seconds": self._seconds,
                "tokens_per_second": self._tokens_per_second(),
            },
        )

    def _notice(self, report: StepReport) -> None:
        now = time.monotonic()
        self._longest_pause = max(self._longest_pause, now - self._last_at)
        self._last, self._last_at = report, now

    def _progress(self) -> dict[str, Any]:
        return {
            "step": self._last.step if self._last else 0,
            "train_loss": _finite(self._last.train_loss) if self._last else None,
            "best_validation_loss": self.best_loss,
            "best_step": self.best_step,
        }

    def _save_weights(self, report: StepReport, *, keep: bool = False) -> None:
        loss = _finite(report.validation_loss)
        is_best = loss is not None and (self.best_loss is None or loss < self.best_loss)
        wanted = is_best or keep or report.step in self.kept_steps
        if not wanted or report.step == self._saved_step:
            return
        save_checkpoint(self.run.weights, self.model, step=report.step, validation_loss=loss)
        self._saved_step = report.step
        if is_best:
            beaten, self.best_loss, self.best_step = self.best_step, loss, report.step
            if beaten not in self.kept_steps:
                remove_checkpoint(self.run.weights, beaten)

    def _write_sample(self, report: StepReport) -> None:
        length = self.config.logging.sample_tokens
        if not length:
            return
        self.model.eval()
        drawn = generate(self.model, self.sample_prompt, SamplingConfig(), seed=self.config.seed)
        ids = [token.id for token in islice(drawn, length)]
        self.run.append("samples", {"step": report.step, "text": self.tokenizer.decode(ids)})

    def _metrics(self, report: StepReport) -> dict[str, Any]:
        return {
            "step": report.step,
            "train_loss": _finite(report.train_loss),
            "validation_loss": _finite(report.validation_loss),
            "learning_rate": report.learning_rate,
            "gradient_norm": _finite(report.gradient_norm),
            "tokens": report.tokens_seen,
            "seconds": round(self._seconds, 3),
        }

    def _tokens_per_second(self) -> float | None:
        now, tokens = time.monotonic(), self._last.tokens_seen if self._last else 0
        recent = [mark for mark in self._rate_marks if now - mark[0] < RATE_WINDOW_SECONDS]
        self._rate_marks = [*recent, (now, tokens)]
        then, before = self._rate_marks[0]
        return (tokens - before) / (now - then) if now > then else None

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self.started_at


def _finite(value: float | None) -> float | None:
    """JSON has no infinity; what is not a number has no place on a chart either."""
    return value if value is not None and math.isfinite(value) else None
