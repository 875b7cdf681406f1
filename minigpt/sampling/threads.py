"""How many threads drawing a token is worth."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from minigpt.models.language_model import LanguageModel

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
