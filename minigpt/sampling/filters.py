"""What each filter leaves of the odds of the next token, one after the other."""

import dataclasses
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from minigpt.sampling.distribution import SamplingConfig, next_token_distribution

MODEL = "model"
FILTERS = ("repetition_penalty", "temperature", "top_k", "top_p", "min_p")
"""In the order in which they are applied; each is a setting of `SamplingConfig`."""
WITHOUT = SamplingConfig(temperature=1.0)
"""With these settings the odds stay what the model says."""


@dataclass(frozen=True)
class Stage:
    """The odds after one filter, each row summing to one."""

    name: str
    """One of `FILTERS`, or `MODEL`: what the model says before any of them."""
    probabilities: Float[Tensor, "... V"]


def stages(
    logits: Float[Tensor, "... V"],
    config: SamplingConfig,
    present: Bool[Tensor, "... V"] | None = None,
) -> list[Stage]:
    """The model's own odds, and those after each filter that is on; a token is drawn from the last.

    Args:
        logits: What the model says of the next token.
        config: Which filters are on.
        present: Marks the tokens that the text already has, for the repetition penalty.
    """
    applied = WITHOUT
    found = [Stage(MODEL, next_token_distribution(logits, applied, present))]
    for name in FILTERS:
        setting = getattr(config, name)
        if setting == getattr(WITHOUT, name):
            continue
        applied = dataclasses.replace(applied, **{name: setting})
        found.append(Stage(name, next_token_distribution(logits, applied, present)))
    return found
