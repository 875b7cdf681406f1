"""What training makes small: the surprise at the next token, in nats per token."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.models.language_model import LanguageModel
from minigpt.shapes import Logits, Tokens
from minigpt.training.batches import Batch
from minigpt.training.distributed import World


def next_token_loss(logits: Logits, targets: Tokens) -> Float[Tensor, ""]:
    """Mean cross-entropy over all positions, in nats. Guessing evenly costs ln V."""
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def weighted_losses(
    logits: Logits, targets: Tokens, weights: Float[Tensor, " B"]
) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
    """What shall be made small, and the mean over all windows whatever they weigh; in nats.

    Windows without weight teach nothing, and the others teach what they would beside them.
    """
    each = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    windows = each.view(targets.shape).mean(1)
    return (windows * weights).mean(), windows.mean()


def mean_loss(
    model: LanguageModel, batches: Iterable[Batch], *, world: World | None = None
) -> float:
    """The loss on many windows, every token weighing the same; dropout is off meanwhile.

    In a world of several processes, each brings its own windows and all get the same answer.
    """
    was_training = model.training
    model.eval()
    total, count = 0.0, 0.0
    with torch.inference_mode():
        for batch in batches:
            size = batch.targets.numel()
            total += next_token_loss(model(batch.inputs), batch.targets).item() * size
            count += size
    model.train(was_training)
    totals, counts = (world or World()).mean(total, count)
    return totals / counts
