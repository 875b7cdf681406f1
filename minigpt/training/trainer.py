"""The training loop, as a stream of reports. It knows no files, no screen and no text.

What a step does follows from the weights, the state of the optimizers, the seed and the step's
number, and from nothing else. So a training that was saved at any step goes on exactly.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from minigpt.errors import CheckpointError, TrainingError
from minigpt.models.language_model import LanguageModel
from minigpt.sentences import N_
from minigpt.shapes import TokenStream
from minigpt.training.batches import Batch, Stretches
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.distributed import World
from minigpt.training.loss import mean_loss
from minigpt.training.optimizers.build import matching_states, optimizer_tensors, restore_optimizers
from minigpt.training.progress import Ending, Progress, StepReport, TrainingState
from minigpt.training.schedule import learning_rate_at
from minigpt.training.step import Stepper, Update

SAFE_LEARNING_RATE = 3e-3
SECONDS_PER_MINUTE = 60
ALONE = World()
OTHER_OPTIMIZER = N_(
    "The optimizer begins anew: it cannot use what another kind of optimizer remembered."
)


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The stream to draw batches from, and the fixed windows to be judged by."""

    tokens: TokenStream
    evaluation: Sequence[Batch]
    """Of the validation part."""
    unread: Stretches | None = None
    """Of `tokens`, what no step may learn from."""
    training_part: Sequence[Batch] = ()
    """Of what is trained on; without any, only the validation loss is measured."""


@runtime_checkable
class Threads(Protocol):
    """What says how many threads compute."""

    @property
    def threads(self) -> int:
        """For the next step."""

    @property
    def settled(self) -> int:
        """For all that is not a step."""

    def record(self, seconds: float) -> None:
        """A step was taken with `threads` threads, and took this long."""


class Trainer:
    """Trains a model in place.

    Equal seeds and equal starting weights give equal weights, bit for bit on one processor
    with equally many threads.
    """

    def __init__(
        self,
        model: LanguageModel,
        data: TrainingData,
        config: TrainingConfig,
        *,
        seed: int,
        compute: ComputeConfig | None = None,
        world: World = ALONE,
        threads: Threads | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to train; `threads` may change their number before each step.

        `clock` shows the seconds that limits and reports go by.

        Raises:
            ConfigurationError: this computer cannot do what `compute` asks for.
        """
        self._model, self._config, self._world = model, config, world
        self._compute = compute = compute or ComputeConfig()
        self._threads, self._clock = threads, clock
        self._stepper = Stepper(model, config, compute, seed=seed, world=world, unread=data.unread)
        self._tokens, self.training_tokens = data.tokens, len(data.tokens)
        self.device = device = self._stepper.device
        self._evaluation = _share(data.evaluation, world, device)
        self._training_part = _share(data.training_part, world, device)
        self._judges_training = bool(data.training_part)
        self.last_step = config.planned_steps(
            context_length=model.context_length, training_tokens=len(data.tokens)
        )
        judged = (*self._evaluation, *self._training_part)
        self.evaluation_windows = sum(len(batch.inputs) for batch in judged)
        """That an evaluation reads, of both parts of the text."""
        self.progress = Progress()
        self.notes: list[str] = []
        """What did not go as asked, yet keeps nobody from training."""

    def reports(self) -> Iterator[StepReport]:
        """Train on, and yield after every step, so the caller decides when to stop.

        Raises:
            TrainingError: a loss is no longer a finite number. The weights are lost with it.
        """
        if self._threads:
            torch.set_num_threads(self._threads.settled)
        if self.progress.step == 0:
            yield self._untrained()
        if self._compute.compile and (problem := self._stepper.compile()):
            self.notes.append(problem)
        began = self._clock() - self.progress.seconds
        # Out of patience already: it was interrupted between its last evaluation and its end.
        while self.progress.step < self.last_step and not self._out_of_patience():
            report = self._advance(began)
            yield report
            if report.ending:
                return

    def state(self) -> TrainingState:
        """A snapshot that shares its tensors with the training: save it before the next step."""
        return TrainingState(
            progress=self.progress,
            weights=self._model.state_dict(),
            optimizer_state=optimizer_tensors(self._model, self._stepper.optimizers),
            loss_scale=self._stepper.loss_scale.state(),
        )

    def restore(self, state: TrainingState) -> None:
        """Go on from a snapshot.

        Raises:
            CheckpointError: it belongs to another model. Nothing is changed then.
        """
        optimizers = self._stepper.optimizers
        try:
            _require_fitting(state.weights, self._model)
            states = matching_states(self._model, optimizers, state.optimizer_state)
            self._stepper.loss_scale.restore(state.loss_scale)
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError("The saved state does not fit the model of this run.") from error
        if state.optimizer_state and not states:
            self.notes.append(OTHER_OPTIMIZER)
        self._model.load_state_dict(state.weights)
        restore_optimizers(optimizers, states)
        self.progress = state.progress

    def _advance(self, began: float) -> StepReport:
        step = self.progress.step + 1
        rate = learning_rate_at(step, self._config, last_step=self.last_step)
        update = self._update(step, rate)
        seconds = self._clock() - began
        ending = self._ending(step, seconds)
        evaluates = ending is not None or step % self._config.evaluation_interval == 0
        validation_loss, training_part_loss = self._evaluate() if evaluates else (None, None)
        self._require_finite(update, validation_loss, step=step, rate=rate)
        self.progress = self._progressed(step, seconds, validation_loss)
        return StepReport(
            step=step,
            train_loss=update.loss,
            validation_loss=validation_loss,
            learning_rate=rate,
            gradient_norm=update.gradient_norm,
            tokens_seen=self.progress.tokens_seen,
            training_part_loss=training_part_loss,
            ending=ending or self._out_of_patience(),
        )

    def _update(self, step: int, rate: float) -> Update:
        if self._threads is None:
            return self._stepper.update(self._tokens, step=step, rate=rate)
        torch.set_num_threads(self._threads.threads)
        began = time.perf_counter()
        update = self._stepper.update(self._tokens, step=step, rate=rate)
        self._threads.record(time.perf_counter() - began)
        torch.set_num_threads(self._threads.settled)
        return update

    def _ending(self, step: int, seconds: float) -> Ending | None:
        if step >= self.last_step:
            return "steps"
        limit = self._config.minutes * SECONDS_PER_MINUTE
        # The first process's clock counts for all, or they would part.
        return "time" if limit and self._world.agree(seconds >= limit) else None

    def _out_of_patience(self) -> Ending | None:
        patience = self._config.patience
        return "patience" if patience and self.progress.evaluations_since_best >= patience else None

    def _progressed(self, step: int, seconds: float, validation_loss: float | None) -> Progress:
        moved = replace(
            self.progress,
            step=step,
            seconds=seconds,
            tokens_seen=self.progress.tokens_seen
            + self._config.batch_size * self._model.context_length,
        )
        if validation_loss is None:
            return moved
        if moved.best_loss is None or validation_loss < moved.best_loss:
            return replace(moved, best_loss=validation_loss, evaluations_since_best=0)
        return replace(moved, evaluations_since_best=moved.evaluations_since_best + 1)

    def _evaluate(self) -> tuple[float, float | None]:
        """The loss on the validation windows, and on those of the training part."""
        judged = mean_loss(self._model, self._evaluation, world=self._world)
        if not self._judges_training:
            return judged, None
        return judged, mean_loss(self._model, self._training_part, world=self._world)

    def _untrained(self) -> StepReport:
        loss, training_part_loss = self._evaluate()
        self.progress = replace(self.progress, best_loss=loss)
        return StepReport(
            step=0,
            train_loss=None,
            validation_loss=loss,
            learning_rate=0.0,
            gradient_norm=None,
            tokens_seen=0,
            training_part_loss=training_part_loss,
        )

    def _require_finite(
        self, update: Update, validation_loss: float | None, *, step: int, rate: float
    ) -> None:
        # Under float16 a gradient may overflow; the step is then left out.
        norm = 0.0 if self._stepper.loss_scale.is_needed else update.gradient_norm
        seen = [update.loss, norm, validation_loss]
        if all(number is None or math.isfinite(number) for number in seen):
            return
        raise TrainingError(
            "The loss stopped being a number at step {step}, with a learning rate of "
            "{rate:.3g}. Updates that large throw the weights out of reach. Try again with a "
            "learning rate of {safer:.2g}.",
            field="training.learning_rate",
            step=step,
            rate=rate,
            safer=min(rate / 3, SAFE_LEARNING_RATE),
        )


def _share(batches: Sequence[Batch], world: World, device: torch.device) -> list[Batch]:
    """Every so-manieth batch, so that the processes of a world judge all of them together."""
    return [
        Batch(batch.inputs.to(device), batch.targets.to(device))
        for batch in batches[world.rank :: world.size]
    ]


def _require_fitting(weights: dict[str, Tensor], model: LanguageModel) -> None:
    wanted = {name: tensor.shape for name, tensor in model.state_dict().items()}
    if wanted != {name: tensor.shape for name, tensor in weights.items()}:
        raise KeyError("weights")
