"""From scores to odds to a choice: pure functions of logits, for generation and for the page.

In this order: repetition penalty, temperature, top-k, top-p, min-p. What is left is scaled up to
sum to one, and one number between 0 and 1 then says which token it is.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minigpt.configuration import require_between


@dataclass(frozen=True, kw_only=True)
class SamplingConfig:
    """How the next token is drawn."""

    temperature: float = 0.8
    """Below 1 favours likely tokens, above 1 evens the odds; 0 always takes the likeliest."""
    top_k: int = 0
    """Only this many of the likeliest tokens may be drawn; 0 means all."""
    top_p: float = 1.0
    """Only the likeliest tokens that together reach this probability may be drawn."""
    min_p: float = 0.0
    """Only tokens at least this many times as likely as the likeliest may be drawn; 0 means all."""
    repetition_penalty: float = 1.0
    """Above 1, tokens that the text already has become less likely; 1 leaves them alone."""

    def __post_init__(self) -> None:
        limits = {
            "temperature": (0.0, 10.0),
            "top_k": (0, 1_000_000),
            "top_p": (0.0, 1.0),
            "min_p": (0.0, 1.0),
            "repetition_penalty": (1.0, 10.0),
        }
        for name, (smallest, largest) in limits.items():
            field, called = f"sampling.{name}", name.replace("_", "-")
            require_between(field, getattr(self, name), smallest, largest, called=called)


def next_token_distribution(
    logits: Float[Tensor, "... V"],
    config: SamplingConfig,
    present: Bool[Tensor, "... V"] | None = None,
) -> Float[Tensor, "... V"]:
    """The probabilities a token is drawn from; each row sums to one.

    `present` marks the tokens that a text already has, for the repetition penalty.
    """
    if present is not None and config.repetition_penalty > 1:
        logits = penalise(logits, present, config.repetition_penalty)
    kept = keep_top_k(logits, config.top_k if config.temperature else 1)
    # The largest becomes zero, in double precision: so no temperature is too low to divide by.
    below_largest = (kept - kept.amax(-1, keepdim=True)).double() / (config.temperature or 1.0)
    probabilities = below_largest.softmax(-1).to(logits.dtype)
    return keep_min_p(keep_top_p(probabilities, config.top_p), config.min_p)


def penalise(
    logits: Float[Tensor, "... V"], present: Bool[Tensor, "... V"], penalty: float
) -> Float[Tensor, "... V"]:
    """Divide positive scores of present tokens (Keskar et al. 2019), and multiply negative ones.

    To divide those, as the paper does, would favour them.
    """
    return torch.where(present, torch.where(logits > 0, logits / penalty, logits * penalty), logits)


def keep_top_k(logits: Float[Tensor, "... V"], k: int) -> Float[Tensor, "... V"]:
    """Rule out all but exactly the `k` highest of a row; ties go to the lower id. 0 keeps all."""
    if not 0 < k < logits.shape[-1]:
        return logits
    kept = logits.sort(descending=True, stable=True).indices[..., :k]
    ruled_out = torch.full_like(logits, -torch.inf)
    return ruled_out.scatter(-1, kept, logits.gather(-1, kept))


def keep_top_p(probabilities: Float[Tensor, "... V"], p: float) -> Float[Tensor, "... V"]:
    """Keep the fewest tokens whose probabilities reach `p` (Holtzman et al. 2020).

    The likeliest token always stays; those that stay are scaled up to sum to one.
    """
    if p >= 1:
        return probabilities
    ordered, indices = probabilities.sort(descending=True, stable=True)
    # Those before a token do not reach `p` yet: it is needed.
    needed = ordered.cumsum(-1).roll(1, -1) < p
    needed[..., 0] = True
    kept = torch.zeros_like(probabilities).scatter(-1, indices, ordered * needed)
    return kept / kept.sum(-1, keepdim=True)


def keep_min_p(probabilities: Float[Tensor, "... V"], share: float) -> Float[Tensor, "... V"]:
    """Keep tokens at least `share` times as likely as the likeliest (Nguyen et al. 2024)."""
    if share <= 0:
        return probabilities
    kept = probabilities * (probabilities >= share * probabilities.amax(-1, keepdim=True))
    return kept / kept.sum(-1, keepdim=True)


def choose_token(
    probabilities: Float[Tensor, "... V"], uniform: Float[Tensor, "..."]
) -> Int[Tensor, "..."]:
    """The token on whose stretch of the line from 0 to 1 the number falls.

    Stretches lie in the order of the vocabulary, which no setting changes: so the same number
    means the same luck under every temperature, filter, step and model.
    """
    line = probabilities.double().cumsum(-1)
    # A sum of rounded numbers ends near one, not at it; never on the stretch of no token.
    point = uniform.double().unsqueeze(-1) * line[..., -1:]
    return torch.searchsorted(line, point, right=True).squeeze(-1)
