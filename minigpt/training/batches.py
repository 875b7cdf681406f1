"""Windows cut from a stream of tokens: random ones to train on, fixed ones to judge by."""

from dataclasses import dataclass

import torch
from torch import Tensor

from minigpt.errors import CorpusError
from minigpt.shapes import Tokens, TokenStream


@dataclass(frozen=True)
class Batch:
    """Inputs, and the same windows moved on by one: what comes next at every position."""

    inputs: Tokens
    targets: Tokens


def random_batch(
    tokens: TokenStream, *, batch_size: int, context_length: int, generator: torch.Generator
) -> Batch:
    """`batch_size` windows that start anywhere, each start equally likely.

    Raises:
        CorpusError: the stream is not longer than one window.
    """
    starts = len(tokens) - context_length
    if starts < 1:
        raise _too_short(len(tokens), context_length)
    chosen = torch.randint(starts, (batch_size,), generator=generator)
    return _windows(tokens, chosen, context_length)


def evaluation_batches(
    tokens: TokenStream, *, context_length: int, tokens_per_batch: int, largest: int
) -> list[Batch]:
    """The whole stream in windows that do not overlap, always the same ones.

    Every token but the first is a target once; a rest too short for a window is left out. A
    stream of more than `largest` tokens is represented by that many, evenly spread.

    Raises:
        CorpusError: the stream is not longer than one window.
    """
    available = (len(tokens) - 1) // context_length
    if available < 1:
        raise _too_short(len(tokens), context_length)
    kept = min(available, max(1, largest // context_length))
    # In single precision two windows of a very long stream could round to the same place.
    spread = torch.linspace(0, available - 1, kept, dtype=torch.float64).round().long()
    per_batch = max(1, tokens_per_batch // context_length)
    return [
        _windows(tokens, spread[first : first + per_batch] * context_length, context_length)
        for first in range(0, kept, per_batch)
    ]


def _windows(tokens: TokenStream, starts: Tensor, context_length: int) -> Batch:
    positions = starts[:, None] + torch.arange(context_length + 1)  # (B, T + 1)
    windows = tokens[positions].long()
    return Batch(windows[:, :-1], windows[:, 1:])


def _too_short(length: int, context_length: int) -> CorpusError:
    return CorpusError(
        "A part of this text has {length} tokens, too few for one window of {context_length} "
        "and the token after it. Use a longer text or a shorter context.",
        field="model.context_length",
        length=length,
        context_length=context_length,
    )
