"""Windows cut from a stream of tokens: random ones to train on, fixed ones to judge by."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from minigpt.errors import CorpusError
from minigpt.shapes import Tokens, TokenStream


@dataclass(frozen=True)
class Batch:
    """Inputs, and the same windows moved on by one: what comes next at every position."""

    inputs: Tokens
    targets: Tokens
    weights: Float[Tensor, " B"] | None = None
    """How much each window counts; all alike where there are none."""


@dataclass(frozen=True)
class Stretches:
    """Parts of a stream, sorted and apart: what no window may touch that is to teach anything."""

    begins: Int[Tensor, " parts"]
    ends: Int[Tensor, " parts"]
    """Of each, the token after its last."""

    @classmethod
    def of(cls, parts: Iterable[tuple[int, int]]) -> "Stretches":
        """From pairs in any order; parts that meet or overlap become one."""
        merged: list[list[int]] = []
        for begin, end in sorted(parts):
            if merged and begin <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([begin, end])
        table = torch.tensor(merged, dtype=torch.long).reshape(-1, 2)
        return cls(table[:, 0].contiguous(), table[:, 1].contiguous())

    def touched(self, starts: Int[Tensor, " B"], context_length: int) -> Bool[Tensor, " B"]:
        """Which windows have any token of them, the last target included."""
        if not len(self.begins):
            return torch.zeros(len(starts), dtype=torch.bool)
        # Of all parts that end after the window's start, the first is the one that begins first.
        place = torch.searchsorted(self.ends, starts, right=True)
        begins = self.begins[place.clamp(max=len(self.begins) - 1)]
        return (place < len(self.begins)) & (begins <= starts + context_length)

    def free_starts(self, length: int, context_length: int) -> int:
        """How many windows of a stream touch none of them."""
        return int((~self.touched(torch.arange(length - context_length), context_length)).sum())


def random_batch(
    tokens: TokenStream,
    *,
    batch_size: int,
    context_length: int,
    generator: torch.Generator,
    unread: Stretches | None = None,
) -> Batch:
    """`batch_size` windows that start anywhere, each start equally likely.

    Windows that touch what is `unread` weigh nothing. All others are what they would be without.

    Raises:
        CorpusError: the stream is not longer than one window.
    """
    starts = window_starts(
        len(tokens), batch_size=batch_size, context_length=context_length, generator=generator
    )
    batch = _windows(tokens, starts, context_length)
    touched = unread.touched(starts, context_length) if unread else None
    if touched is None or not touched.any():
        return batch
    return replace(batch, weights=(~touched).float())


def window_starts(
    length: int, *, batch_size: int, context_length: int, generator: torch.Generator
) -> Int[Tensor, " B"]:
    """Where the windows of a batch begin in a stream of `length` tokens.

    A window reads the `context_length` tokens from there on, and the one after them as a target.

    Raises:
        CorpusError: the stream is not longer than one window.
    """
    starts = length - context_length
    if starts < 1:
        raise _too_short(length, context_length)
    return torch.randint(starts, (batch_size,), generator=generator)


def batch_generator(seed: int, step: int) -> torch.Generator:
    """The random numbers of a step's batch, which follow from the seed and the step alone."""
    return torch.Generator().manual_seed(mixed_seed(seed, step, 0))


def mixed_seed(*parts: int) -> int:
    """A seed unlike those of neighbouring numbers. It has 32 bits: torch reads no more."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


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
