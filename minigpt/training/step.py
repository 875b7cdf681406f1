"""One update of the weights: a batch, its gradient, and the optimizers' move."""

import hashlib
import math
from dataclasses import dataclass

import torch
from torch.nn.utils import clip_grad_norm_

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import TokenStream
from minigpt.training.batches import Batch, random_batch
from minigpt.training.compute import ComputeConfig
from minigpt.training.config import TrainingConfig
from minigpt.training.device import (
    choose_device,
    gradient_scaler,
    precision_context,
    require_precision,
)
from minigpt.training.forward import Forward, compiled_forward, shared_forward, without_exchange
from minigpt.training.objective import next_token_loss
from minigpt.training.optimization import build_optimizers, move, set_learning_rate
from minigpt.training.world import World


@dataclass(frozen=True)
class Update:
    """What one update saw."""

    loss: float
    """Nats per token on the whole batch, before the update."""
    gradient_norm: float


class Stepper:
    """Holds what updates need besides the step's number: model, optimizers, device.

    Chance enters by batches and dropout alone, and both follow from the seed and the step.
    """

    def __init__(
        self,
        model: LanguageModel,
        config: TrainingConfig,
        compute: ComputeConfig,
        *,
        seed: int,
        world: World,
    ) -> None:
        """Move the model to its device and prepare its optimizers.

        Raises:
            ConfigurationError: this computer cannot do what `compute` asks for, or the batch
                cannot be shared equally.
        """
        self.device = choose_device(compute, rank=world.local_rank)
        require_precision(compute, self.device)
        _require_equal_shares(config, world)
        self.model = model.to(self.device)
        self.optimizers = build_optimizers(model, config)
        self.scaler = gradient_scaler(compute, self.device)
        self._config, self._compute, self._seed, self._world = config, compute, seed, world
        self._shared = shared_forward(model, world)
        self._forward: Forward = self._shared

    def compile(self) -> str | None:
        """Translate the model to machine code; returns why not, where that failed."""
        rows = self._config.batch_size // self._world.size // self._config.gradient_accumulation
        example = torch.zeros(rows, self.model.context_length, dtype=torch.long, device=self.device)
        self.model.train()
        with precision_context(self._compute, self.device):
            self._forward, problem = compiled_forward(self._shared, example)
        return problem

    def update(self, tokens: TokenStream, *, step: int, rate: float) -> Update:
        """Draw the batch of this step and move the weights."""
        batch = self._batch(tokens, step)
        # Dropout draws from the global state; processes must not silence the same places.
        torch.manual_seed(mixed_seed(self._seed, step, 1 + self._world.rank))
        self.model.train()
        self.model.zero_grad(set_to_none=True)
        loss = self._backward(batch)
        for optimizer in self.optimizers:
            self.scaler.unscale_(optimizer)
        limit = self._config.gradient_clip or math.inf
        norm = clip_grad_norm_(self.model.parameters(), limit).item()
        set_learning_rate(self.optimizers, rate)
        move(self.optimizers, self.scaler)
        return Update(self._world.mean(loss)[0], norm)

    def _batch(self, tokens: TokenStream, step: int) -> Batch:
        """This process's rows of the step's batch; all processes together have all of it."""
        batch = random_batch(
            tokens,
            batch_size=self._config.batch_size,
            context_length=self.model.context_length,
            generator=torch.Generator().manual_seed(mixed_seed(self._seed, step, 0)),
        )
        rows = self._config.batch_size // self._world.size
        mine = slice(self._world.rank * rows, (self._world.rank + 1) * rows)
        return Batch(batch.inputs[mine].to(self.device), batch.targets[mine].to(self.device))

    def _backward(self, batch: Batch) -> float:
        pieces = self._config.gradient_accumulation
        inputs, targets = batch.inputs.chunk(pieces), batch.targets.chunk(pieces)
        total = torch.zeros((), device=self.device)
        for index in range(pieces - 1):
            with without_exchange(self._shared):
                total += self._backward_piece(inputs[index], targets[index])
        total += self._backward_piece(inputs[-1], targets[-1])
        return total.item()

    def _backward_piece(self, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        with precision_context(self._compute, self.device):
            loss = next_token_loss(self._forward(inputs), targets)
            loss = loss / self._config.gradient_accumulation
        torch.autograd.backward(self.scaler.scale(loss))
        return loss.detach()


def mixed_seed(*parts: int) -> int:
    """A seed unlike those of neighbouring numbers. It has 32 bits: torch reads no more."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _require_equal_shares(config: TrainingConfig, world: World) -> None:
    shares = world.size * config.gradient_accumulation
    if config.batch_size % shares:
        raise ConfigurationError(
            f"A batch of {config.batch_size} cannot be shared equally by {world.size} processes "
            f"in {config.gradient_accumulation} pieces each. "
            f"Choose a batch size that is a multiple of {shares}.",
            field="training.batch_size",
        )
