"""The model as training calls it: plain, shared between processes, or as machine code."""

import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Logits, Tokens
from minigpt.training.objective import next_token_loss
from minigpt.training.world import World

Forward = Callable[[Tokens], Logits]
LONGEST_REASON = 200


def shared_forward(model: LanguageModel, world: World) -> nn.Module:
    """The model itself, or one that averages its gradients with those of the other processes."""
    return model if world.size == 1 else DistributedDataParallel(model)


def compiled_forward(forward: nn.Module, example: Tokens) -> tuple[Forward, str | None]:
    """The same function as machine code, tried out on an example; and why not, where it fails.

    Compilers are missing or broken in many ways, so any failure leads back to the plain model.
    """
    try:
        with warnings.catch_warnings(action="ignore"):  # about the compiler's own insides
            compiled: Forward = torch.compile(forward)
            # Both directions are compiled when first used, and either may be the one to fail.
            torch.autograd.backward(next_token_loss(compiled(example), example))
    except Exception as error:
        torch._dynamo.reset()
        return forward, f"Not compiled, so steps take longer: {_first_line(error)}"
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
