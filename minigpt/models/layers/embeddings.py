"""Three ways to tell a model where a token stands: learned, sinusoidal and rotary.

Vectors for n-grams, beside those for single tokens.

A model that reads characters must spend its first layers on spelling. A vector for each run of
two, three or four tokens hands it the spelling at once, for the price of looking it up. There are
too many runs for a row each, so a hash tells the row, as in Pagnoni et al. 2024 ("Byte Latent
Transformer", section 3.2.1); runs that meet in a row share its vector.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from minigpt.shapes import HeadVectors, Positions, Residual, Tokens

ROTARY_BASE = 10_000.0


class LearnedPositions(nn.Module):
    """One trained vector for each position."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, width))

    def forward(self, length: int, positions: Positions | None = None) -> Float[Tensor, "... T C"]:
        """The vectors of the first `length` positions, or of the `positions` named."""
        return _rows(self.weight, length, positions)


class SinusoidalPositions(nn.Module):
    """One fixed vector for each position, `amplitude` high."""

    table: Tensor

    def __init__(self, length: int, width: int, *, amplitude: float) -> None:
        super().__init__()
        table = amplitude * sinusoidal_positions(length, width)
        self.register_buffer("table", table, persistent=False)

    def forward(self, length: int, positions: Positions | None = None) -> Float[Tensor, "... T C"]:
        """The vectors of the first `length` positions, or of the `positions` named."""
        return _rows(self.table, length, positions)


class RotaryPositions(nn.Module):
    """Turns queries and keys by an angle that grows with their position (Su et al. 2021).

    The dot product of two rotated vectors depends on their distance, not on where they stand.
    """

    table: Tensor

    def __init__(self, length: int, head_size: int) -> None:
        super().__init__()
        angles = position_angles(length, head_size)
        table = torch.stack((angles.cos(), angles.sin()), dim=1)  # (T, 2, D / 2)
        self.register_buffer("table", table, persistent=False)

    def forward(self, vectors: HeadVectors, positions: Positions | None = None) -> HeadVectors:
        """Turn each pair of channels by its position's angle, the nth token standing at n."""
        # (T, 2, D / 2), or (B, T, 2, D / 2) -> (B, 1, T, 2, D / 2) with an axis for the heads
        rows = self.table[: vectors.shape[-2]] if positions is None else self.table[positions, None]
        cosine, sine = rows.to(vectors.dtype).unbind(-2)
        first, second = vectors.chunk(2, dim=-1)  # (B, H, T, D) -> two times (B, H, T, D / 2)
        return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


def _rows(
    table: Float[Tensor, "rows C"], length: int, positions: Positions | None
) -> Float[Tensor, "... T C"]:
    return table[:length] if positions is None else table[positions]


def sinusoidal_positions(length: int, width: int) -> Float[Tensor, "T C"]:
    """Sines and cosines of falling frequency (Vaswani et al. 2017, section 3.5)."""
    angles = position_angles(length, width)
    table = torch.zeros(length, width)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles[:, : width // 2].cos()
    return table


def position_angles(length: int, channels: int) -> Float[Tensor, "T half"]:
    """By how much each place turns each pair of channels, in radians, the first ones fastest."""
    pairs = torch.arange(0, channels, 2, dtype=torch.float32)
    frequencies = ROTARY_BASE ** (-pairs / channels)
    return torch.arange(length, dtype=torch.float32)[:, None] * frequencies[None, :]


PRIME = 2**31 - 1
"""Keys stay below it, and so products of two of them below the largest whole number."""
MULTIPLIER = 747_796_405


class NGramEmbedding(nn.Module):
    """The vectors of the n-grams of 2 to `order` tokens that end at each position, added up.

    They begin at zero, so that the model begins as if they were not there.
    """

    def __init__(self, *, order: int, rows: int, width: int) -> None:
        """Make a table of `rows` rows for each length."""
        super().__init__()
        self.order, self.rows = order, rows
        self.weight = nn.Parameter(torch.zeros((order - 1) * rows, width))

    def forward(self, tokens: Tokens) -> Residual:
        """Look up the n-grams that end at each position."""
        vectors = functional.embedding(self.rows_of(tokens), self.weight)  # (B, T, lengths, C)
        return vectors.sum(dim=-2)

    def rows_of(self, tokens: Tokens) -> Int[Tensor, "B T lengths"]:
        """The row of each n-gram. What would lie before the first token counts as a token too."""
        tokens = tokens.long()  # products of keys need all its digits
        key, rows = tokens + 1, []
        for back in range(1, self.order):
            earlier = functional.pad(tokens[:, :-back] + 1, (min(back, tokens.shape[1]), 0))
            key = (key * MULTIPLIER + earlier) % PRIME
            rows.append(key % self.rows + (back - 1) * self.rows)
        return torch.stack(rows, dim=-1)
