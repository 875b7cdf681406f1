"""The loss as training computes it: plain, shared between processes, or as machine code."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Tokens
from minigpt.training.batches import Batch
from minigpt.training.distributed import World
from minigpt.training.loss import next_token_loss

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
            # What a bend let through would else be stored bit by bit: a quarter of a small step.
            config.patch(aggressive_recomputation=True),
        ):
            compiled: Loss = torch.compile(plain, dynamic=False)  # batches keep their shape
            # Both directions are compiled when first used, and either may be the one to fail.
            torch.autograd.backward(compiled(example.inputs, example.targets))
    except Exception as error:
        torch._dynamo.reset()
        return plain, f"Not compiled, so steps take longer: {_first_line(error)}"
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
