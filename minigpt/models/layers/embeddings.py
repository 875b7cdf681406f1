"""Three ways to tell a model where a token stands: learned, sinusoidal and rotary."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.shapes import HeadVectors

ROTARY_BASE = 10_000.0


class LearnedPositions(nn.Module):
    """One trained vector for each position."""

    def __init__(self, length: int, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, width))

    def forward(self, length: int) -> Float[Tensor, "T C"]:
        """The vectors of the first `length` positions."""
        return self.weight[:length]


class SinusoidalPositions(nn.Module):
    """One fixed vector for each position, `amplitude` high."""

    table: Tensor

    def __init__(self, length: int, width: int, *, amplitude: float) -> None:
        super().__init__()
        table = amplitude * sinusoidal_positions(length, width)
        self.register_buffer("table", table, persistent=False)

    def forward(self, length: int) -> Float[Tensor, "T C"]:
        """The vectors of the first `length` positions."""
        return self.table[:length]


class RotaryPositions(nn.Module):
    """Turns queries and keys by an angle that grows with their position (Su et al. 2021).

    The dot product of two rotated vectors depends on their distance, not on where they stand.
    """

    table: Tensor

    def __init__(self, length: int, head_size: int) -> None:
        super().__init__()
        angles = _angles(length, head_size)
        table = torch.stack((angles.cos(), angles.sin()))  # (2, T, D / 2)
        self.register_buffer("table", table, persistent=False)

    def forward(self, vectors: HeadVectors) -> HeadVectors:
        """Turn each pair of channels by its position's angle."""
        cosine, sine = self.table[:, : vectors.shape[-2]].to(vectors.dtype)
        first, second = vectors.chunk(2, dim=-1)
        return torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)


def sinusoidal_positions(length: int, width: int) -> Float[Tensor, "T C"]:
    """Sines and cosines of falling frequency (Vaswani et al. 2017, section 3.5)."""
    angles = _angles(length, width)
    table = torch.zeros(length, width)
    table[:, 0::2] = angles.sin()
    table[:, 1::2] = angles[:, : width // 2].cos()
    return table


def _angles(length: int, channels: int) -> Float[Tensor, "T half"]:
    pairs = torch.arange(0, channels, 2, dtype=torch.float32)
    frequencies = ROTARY_BASE ** (-pairs / channels)
    return torch.arange(length, dtype=torch.float32)[:, None] * frequencies[None, :]
