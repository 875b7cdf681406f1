"""One update of the weights: a batch, its gradient, and the optimizers' move.

The loss is computed as it stands, shared between processes, or compiled to machine code.
"""

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import repeat

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grads_with_norm_

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.sentences import Sentence
from minigpt.shapes import Tokens, TokenStream
from minigpt.training.batches import (
    Batch,
    Stretches,
    batch_generator,
    mixed_seed,
    random_batch,
)
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.distributed import World
from minigpt.training.loss import next_token_loss, weighted_losses
from minigpt.training.optimizers.build import build_optimizers
from minigpt.training.precision import (
    LossScale,
    choose_device,
    precision_context,
    require_precision,
    seed_device,
)

Loss = Callable[[Tokens, Tokens], Float[Tensor, ""]]
"""From inputs and targets to nats per token."""
LONGEST_REASON = 200


def shared_forward(model: LanguageModel, world: World) -> nn.Module:
    """The model itself, or one that averages its gradients with those of the other processes."""
    return model if world.size == 1 else DistributedDataParallel(model)


def plain_loss(forward: nn.Module) -> Loss:
    """The loss of what the model says."""

    def loss(inputs: Tokens, targets: Tokens) -> Float[Tensor, ""]:
        return next_token_loss(forward(inputs), targets)

    return loss


def compiled_loss(forward: nn.Module, example: Batch) -> tuple[Loss, str | None]:
    """The same loss as machine code, tried out on an example; and why not, where it fails.

    Batches laid out otherwise in memory than the example are translated anew. Compilers are
    missing or broken in many ways, so any failure leads back to the plain model.
    """
    plain = plain_loss(forward)
    try:
        from torch._functorch import config  # the compiler takes a second to load, so only here

        with (
            warnings.catch_warnings(action="ignore"),  # about the compiler's own insides
            # The signs that ReLU lets through would else be stored bit by bit: a quarter of a step.
            config.patch(aggressive_recomputation=True),
        ):
            compiled: Loss = torch.compile(plain, dynamic=False)  # batches keep their shape
            # Both directions are compiled when first used, and either may be the one to fail.
            torch.autograd.backward(compiled(example.inputs, example.targets))
    except Exception as error:
        torch._dynamo.reset()
        return plain, Sentence(
            "Not compiled, so steps take longer: {error}", error=_first_line(error)
        )
    finally:
        forward.zero_grad(set_to_none=True)
    return compiled, None


def without_exchange(forward: nn.Module) -> AbstractContextManager[None]:
    """Within it, gradients stay in this process: for all pieces of a batch but the last."""
    if isinstance(forward, DistributedDataParallel):
        return forward.no_sync()
    return nullcontext()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:LONGEST_REASON]


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
        unread: Stretches | None = None,
    ) -> None:
        """Move the model to its device and prepare its optimizers.

        Windows that touch what is `unread` are drawn like all others, and teach nothing.

        Raises:
            ConfigurationError: this computer cannot do what `compute` asks for, or the batch
                cannot be shared equally.
        """
        self.device = choose_device(compute, rank=world.local_rank)
        require_precision(compute, self.device)
        _require_equal_shares(config, world)
        self.model = model.to(self.device)
        self.optimizers = build_optimizers(model, config)
        self.loss_scale = LossScale(is_needed=compute.precision == "float16")
        self._config, self._compute, self._seed, self._world = config, compute, seed, world
        self._unread = unread
        self._shared = shared_forward(model, world)
        self._parameters = [one for one in model.parameters() if one.requires_grad]
        self._loss: Loss = plain_loss(self._shared)

    def compile(self) -> str | None:
        """Translate the model to machine code; returns why not, where that failed."""
        batch = self._batch(torch.zeros(self.model.context_length + 1, dtype=torch.long), step=0)
        example = next(self._pieces(batch))
        self.model.train()
        with precision_context(self._compute, self.device):
            self._loss, problem = compiled_loss(self._shared, example)
        return problem

    def update(self, tokens: TokenStream, *, step: int, rate: float) -> Update:
        """Draw the batch of this step and move the weights."""
        batch = self._batch(tokens, step)
        # Dropout draws from the global state; processes must not silence the same places.
        seed_device(self.device, mixed_seed(self._seed, step, 1 + self._world.rank))
        self._clear()
        loss = self._backward(batch)
        norm = self._settle_gradients()
        if self.loss_scale.accepts(norm):
            for optimizer in self.optimizers:
                optimizer.step(rate)
        return Update(self._world.mean(loss)[0], norm)

    def _clear(self) -> None:
        """Forget the last step's gradients. A small model must not wait long for such things."""
        if not self.model.training:
            self.model.train()
        for parameter in self._parameters:
            parameter.grad = None

    def _settle_gradients(self) -> float:
        """Bring the gradients to the size that they shall have; returns the size they had."""
        self.loss_scale.unscale(self._parameters)
        lengths = torch._foreach_norm(
            [one.grad for one in self._parameters if one.grad is not None]
        )
        norm = torch.linalg.vector_norm(torch.stack(lengths))
        if self._config.gradient_clip:
            clip_grads_with_norm_(self._parameters, self._config.gradient_clip, norm)
        return float(norm)

    def _batch(self, tokens: TokenStream, step: int) -> Batch:
        """This process's rows of the step's batch; all processes together have all of it."""
        batch = random_batch(
            tokens,
            batch_size=self._config.batch_size,
            context_length=self.model.context_length,
            generator=batch_generator(self._seed, step),
            unread=self._unread,
        )
        rows = self._config.batch_size // self._world.size
        mine = slice(self._world.rank * rows, (self._world.rank + 1) * rows)
        weights = None if batch.weights is None else batch.weights[mine].to(self.device)
        return Batch(
            batch.inputs[mine].to(self.device), batch.targets[mine].to(self.device), weights
        )

    def _backward(self, batch: Batch) -> float:
        *pieces, last = self._pieces(batch)
        total = torch.zeros((), device=self.device)
        for piece in pieces:
            with without_exchange(self._shared):
                total += self._backward_piece(piece)
        total += self._backward_piece(last)
        return total.item()

    def _pieces(self, batch: Batch) -> Iterator[Batch]:
        count = self._config.gradient_accumulation
        weights = repeat(None) if batch.weights is None else batch.weights.chunk(count)
        return map(Batch, batch.inputs.chunk(count), batch.targets.chunk(count), weights)

    def _backward_piece(self, piece: Batch) -> torch.Tensor:
        with precision_context(self._compute, self.device):
            learnt, told = self._losses(piece)
        pieces = self._config.gradient_accumulation
        torch.autograd.backward(self.loss_scale.scaled(learnt / pieces))
        return told.detach() / pieces

    def _losses(self, piece: Batch) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """What is made small, and what is told of the piece: the same, unless windows weigh less.

        These are few, so they do without compiled code.
        """
        if piece.weights is not None:
            return weighted_losses(self._shared(piece.inputs), piece.targets, piece.weights)
        loss = self._loss(piece.inputs, piece.targets)
        return loss, loss


def _require_equal_shares(config: TrainingConfig, world: World) -> None:
    shares = world.size * config.gradient_accumulation
    if config.batch_size % shares:
        raise ConfigurationError(
            "A batch of {batch_size} cannot be shared equally by {processes} processes in "
            "{gradient_accumulation} pieces each. Choose a batch size that is a multiple of "
            "{shares}.",
            field="training.batch_size",
            batch_size=config.batch_size,
            processes=world.size,
            gradient_accumulation=config.gradient_accumulation,
            shares=shares,
        )
