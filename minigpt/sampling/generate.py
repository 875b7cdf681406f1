"""Text, one token at a time, and how many threads of the processor that is worth."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from minigpt.errors import ConfigurationError
from minigpt.models.language_model import LanguageModel
from minigpt.sampling.distribution import SamplingConfig, next_token_distribution


@dataclass(frozen=True)
class SampledToken:
    """A drawn token and the odds it had."""

    id: int
    probability: float


def generate(
    model: LanguageModel, prompt: Sequence[int], config: SamplingConfig, *, seed: int
) -> Iterator[SampledToken]:
    """Draw tokens without end; equal seeds give equal tokens. The model should be in eval mode.

    Each token is judged by at most `context_length` tokens before it.

    Raises:
        ConfigurationError: the prompt is empty.
    """
    require_prompt(prompt)
    generator = torch.Generator().manual_seed(seed)
    tokens = list(prompt)
    device = next(model.parameters()).device
    while True:
        window = torch.tensor([tokens[-model.context_length :]], device=device)
        with torch.inference_mode():
            # Drawn on the processor, so that a seed means the same whatever computes the odds.
            probabilities = next_token_distribution(model(window)[0, -1].cpu(), config)
            drawn = int(torch.multinomial(probabilities, 1, generator=generator))
        tokens.append(drawn)
        yield SampledToken(drawn, float(probabilities[drawn]))


def require_prompt(prompt: Sequence[int]) -> None:
    """Refuse what no model can continue.

    Raises:
        ConfigurationError: the prompt is empty.
    """
    if not prompt:
        raise ConfigurationError(
            "The prompt is empty; give the model at least one character to continue.",
            field="sampling.prompt",
        )


SMALL_MODEL = 10_000_000
"""Parameters below which threads wait for each other longer than they help with one token."""


@contextmanager
def few_threads(model: LanguageModel) -> Iterator[None]:
    """One thread for a small model: 200 tokens took 0.2 s so, and 3.4 s with two on busy cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1 if model.num_parameters < SMALL_MODEL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
