"""What a model makes of the same tokens in another order."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel

ORDERS, FEWEST = 16, 3


@dataclass(frozen=True, kw_only=True)
class ShuffledText:
    """A text, and the same with all tokens but the last in other orders."""

    moved: float
    """How far the prediction after the last token moves: the share of probability that changes
    its token, from 0 to 1, the mean over the orders."""
    loss: float
    """Of the text as it is, in nats per token."""
    shuffled_loss: float
    """Of its tokens in other orders, the mean."""
    orders: int


def orders_of(
    ids: Int[Tensor, " T"], *, times: int, generator: torch.Generator
) -> Int[Tensor, "times T"]:
    """The same tokens in random orders; the last one stays where it is."""
    rows = [torch.randperm(len(ids) - 1, generator=generator) for _ in range(times)]
    return torch.stack([torch.cat((ids[:-1][row], ids[-1:])) for row in rows])


def read_shuffled(
    model: LanguageModel, ids: Int[Tensor, " T"], *, times: int = ORDERS, seed: int = 0
) -> ShuffledText:
    """Read a text of three tokens or more, as it is and in other orders.

    Args:
        model: In eval mode; its context holds the text.
        ids: The text.
        times: How many orders.
        seed: Of the orders.

    Raises:
        ConfigurationError: there are fewer than three tokens, or more than the model can read.
    """
    if len(ids) < FEWEST:
        raise ConfigurationError(
            "In a text of {length} tokens nothing can change places before the last one. Give it "
            "{fewest} tokens or more.",
            length=len(ids),
            fewest=FEWEST,
        )
    model.require_context(len(ids))
    others = orders_of(ids, times=times, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        # The scores of one order at a time: with a large vocabulary all would take gigabytes.
        read = [_read(model, one) for one in (ids, *others)]
    odds = torch.stack([one for one, _loss in read])
    losses = [loss for _odds, loss in read]
    return ShuffledText(
        moved=float(moved_probability(odds[0], odds[1:]).mean()),
        loss=losses[0],
        shuffled_loss=sum(losses[1:]) / times,
        orders=times,
    )


def moved_probability(
    odds: Float[Tensor, " V"], others: Float[Tensor, "times V"]
) -> Float[Tensor, " times"]:
    """How much probability lies elsewhere: half the sum of all differences, from 0 to 1."""
    found: Tensor = (others - odds).abs().sum(-1) / 2
    return found


def _read(model: LanguageModel, ids: Int[Tensor, " T"]) -> tuple[Float[Tensor, " V"], float]:
    """The probabilities after a text, and its loss."""
    logits = model(ids[None])[0]
    return logits[-1].softmax(-1), float(functional.cross_entropy(logits[:-1], ids[1:]))
