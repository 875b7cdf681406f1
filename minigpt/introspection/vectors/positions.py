"""How a model tells places apart: a vector added for each, an angle turned by, or nothing."""

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.models.language_model import LanguageModel
from minigpt.models.layers.embeddings import LearnedPositions, RotaryPositions, SinusoidalPositions


def position_vectors(model: LanguageModel) -> Float[Tensor, "T C"] | None:
    """The vector that each place adds to its token: learned, or fixed waves. None without any."""
    for part in model.children():
        if isinstance(part, LearnedPositions):
            return part.weight.detach()
        if isinstance(part, SinusoidalPositions):
            return part.table
    return None


def rotary_angles(model: LanguageModel) -> Float[Tensor, "T half"] | None:
    """By how much each place turns each pair of a head's channels, in radians. None if by nothing.

    All heads of all layers turn alike.
    """
    rotation = next((one for one in model.modules() if isinstance(one, RotaryPositions)), None)
    if rotation is None:
        return None
    # One place on from the first, so by less than half a turn: the angle is told by its cosine
    # and sine. That of every other place is so many times as large.
    cosine, sine = rotation.table[min(1, len(rotation.table) - 1)]
    return torch.arange(len(rotation.table))[:, None] * torch.atan2(sine, cosine)


def likeness_by_distance(vectors: Float[Tensor, "T C"]) -> Float[Tensor, " T"]:
    """The mean cosine of all two places that are so far apart, from 0 on."""
    lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    unit = vectors / lengths.clamp(min=1e-12)
    cosines = unit @ unit.T
    return torch.stack([cosines.diagonal(apart).mean() for apart in range(len(vectors))])


def turned_likeness(angles: Float[Tensor, "T half"]) -> Float[Tensor, " T"]:
    """What is left of a vector's dot product with itself, so far away and turned, from 0 on.

    Of a vector whose pairs of channels are all equally long; 1 at distance 0.
    """
    found: Tensor = angles.cos().mean(-1)
    return found
