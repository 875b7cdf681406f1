"""The training loop, as a stream of reports. It knows no files, no screen and no text."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from torch.nn.utils import clip_grad_norm_

from minigpt.errors import TrainingError
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import TokenStream
from minigpt.training.batches import Batch, random_batch
from minigpt.training.config import TrainingConfig
from minigpt.training.objective import mean_loss, next_token_loss
from minigpt.training.optimization import build_optimizer, learning_rate_at

SAFE_LEARNING_RATE = 3e-3


@dataclass(frozen=True, kw_only=True)
class StepReport:
    """What one step did. Step 0 reports the untrained model and updates nothing."""

    step: int
    train_loss: float
    """Nats per token on this step's batch, before its update."""
    validation_loss: float | None
    """Nats per token on the validation windows after the update, where this step looked."""
    learning_rate: float
    gradient_norm: float
    """Length of the gradient of all weights together, before it was cut to the longest allowed."""
    tokens_seen: int


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """The stream to draw batches from, and the fixed windows to be judged by."""

    tokens: TokenStream
    evaluation: Sequence[Batch]


def train(
    model: LanguageModel, data: TrainingData, config: TrainingConfig, *, seed: int
) -> Iterator[StepReport]:
    """Train in place; yields after every step, so the caller decides when to stop.

    Equal seeds and equal starting weights give equal weights, bit for bit on one machine.

    Raises:
        TrainingError: a loss is no longer a finite number. The weights are lost with it.
    """
    torch.manual_seed(seed)  # dropout draws from the global state, and from nothing else
    batches = _random_batches(model, data, config, seed)
    optimizer = build_optimizer(model, config)
    yield _untrained(model, data)
    for step, batch in enumerate(islice(batches, config.steps), start=1):
        rate = learning_rate_at(step, config)
        loss, gradient_norm = _update(model, optimizer, batch, rate, config.gradient_clip)
        looks = step % config.evaluation_interval == 0 or step == config.steps
        validation_loss = mean_loss(model, data.evaluation) if looks else None
        _require_finite(loss, validation_loss, step=step, rate=rate)
        yield StepReport(
            step=step,
            train_loss=loss,
            validation_loss=validation_loss,
            learning_rate=rate,
            gradient_norm=gradient_norm,
            tokens_seen=step * batch.inputs.numel(),
        )


def _random_batches(
    model: LanguageModel, data: TrainingData, config: TrainingConfig, seed: int
) -> Iterator[Batch]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        yield random_batch(
            data.tokens,
            batch_size=config.batch_size,
            context_length=model.context_length,
            generator=generator,
        )


def _untrained(model: LanguageModel, data: TrainingData) -> StepReport:
    loss = mean_loss(model, data.evaluation)
    return StepReport(
        step=0,
        train_loss=loss,
        validation_loss=loss,
        learning_rate=0.0,
        gradient_norm=0.0,
        tokens_seen=0,
    )


def _update(
    model: LanguageModel,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    rate: float,
    gradient_clip: float,
) -> tuple[float, float]:
    for group in optimizer.param_groups:
        group["lr"] = rate
    model.train()
    loss = next_token_loss(model(batch.inputs), batch.targets)
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    norm = clip_grad_norm_(model.parameters(), gradient_clip or math.inf)
    optimizer.step()
    return loss.item(), norm.item()


def _require_finite(*losses: float | None, step: int, rate: float) -> None:
    if all(loss is None or math.isfinite(loss) for loss in losses):
        return
    raise TrainingError(
        f"The loss stopped being a number at step {step}, with a learning rate of {rate:.3g}. "
        "Updates that large throw the weights out of reach. "
        f"Try again with a learning rate of {min(rate / 3, SAFE_LEARNING_RATE):.2g}.",
        field="training.learning_rate",
    )
