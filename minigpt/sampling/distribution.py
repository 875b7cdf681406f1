"""From scores to odds: pure functions of logits, used by generation and shown on the page."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.validation import require_between


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How the next token is drawn."""

    temperature: float = 0.8
    """Below 1 favours likely tokens, above 1 evens the odds; 0 always takes the likeliest."""
    top_k: int = 0
    """Only this many of the likeliest tokens may be drawn; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may be drawn."""

    def __post_init__(self) -> None:
        limits = {"temperature": (0.0, 10.0), "top_k": (0, 1_000_000), "top_p": (0.0, 1.0)}
        for name, (smallest, largest) in limits.items():
            field, called = f"sampling.{name}", name.replace("_", "-")
            require_between(field, getattr(self, name), smallest, largest, called=called)


def next_token_distribution(
    logits: Float[Tensor, " V"], config: SamplingConfig
) -> Float[Tensor, " V"]:
    """The probabilities a token is drawn from; they sum to one."""
    kept = keep_top_k(logits, config.top_k if config.temperature else 1)
    # The largest becomes zero, in double precision: so no temperature is too low to divide by.
    below_largest = (kept - kept.max()).double() / (config.temperature or 1.0)
    return keep_top_p(below_largest.softmax(-1).to(logits.dtype), config.top_p)


def keep_top_k(logits: Float[Tensor, " V"], k: int) -> Float[Tensor, " V"]:
    """Rule out all but exactly the `k` highest; ties go to the lower id. 0 keeps all."""
    if not 0 < k < logits.numel():
        return logits
    kept = logits.sort(descending=True, stable=True).indices[:k]
    return torch.full_like(logits, -torch.inf).scatter(0, kept, logits[kept])


def keep_top_p(probabilities: Float[Tensor, " V"], p: float) -> Float[Tensor, " V"]:
    """Keep the fewest tokens whose probabilities reach `p` (Holtzman et al. 2020).

    The likeliest token always stays; those that stay are scaled up to sum to one.
    """
    if p >= 1:
        return probabilities
    ordered, indices = probabilities.sort(descending=True, stable=True)
    fewest = 1 + int((ordered.cumsum(0) < p).sum())
    kept = torch.zeros_like(probabilities).scatter(0, indices[:fewest], ordered[:fewest])
    return kept / kept.sum()
