"""What tells places apart: learned vectors, waves, angles, or nothing."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.introspection.vectors.positions import likeness_by_distance, turned_likeness
from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.layers.embeddings import position_angles, sinusoidal_positions

PLACES, WIDTH, NEAR, FAR, APART = 64, 32, 5, 45, 5


@dataclass(frozen=True, kw_only=True)
class Places:
    """64 places in one way of telling them apart."""

    kind: str
    """"none", "learned", "waves" or "rotary"."""
    table: Float[Tensor, "places channels"]
    """What is added for each; of rotary positions the cosine of each angle."""
    alike: Float[Tensor, " places"]
    """How alike two places are that are so far apart, from 0 on: the mean cosine."""
    near: float
    """Of places 5 and 10."""
    far: float
    """Of places 45 and 50."""


PLACES_TOLD_APART = Snippet(
    """
import torch
from torch.nn import functional

kind = $kind
places, frequencies = torch.arange(64.0), 10_000 ** (-torch.arange(0, 32, 2) / 32)
angles = places[:, None] * frequencies  # a row for each place, a column for each pair of channels
torch.manual_seed(1337)
if kind == "none":
    table = torch.zeros(64, 32)
if kind == "learned":
    table = torch.randn(64, 32)  # as they are drawn, before any training
if kind == "waves":
    table = torch.stack((angles.sin(), angles.cos()), dim=2).flatten(1)
if kind == "rotary":
    table = angles.cos()
    alike = table.mean(dim=1)  # what is left of the score of a query for a key like it
    near = far = alike[5].item()
else:
    unit = functional.normalize(table, dim=1)
    cosines = unit @ unit.T
    alike = torch.stack([cosines.diagonal(apart).mean() for apart in range(64)])
    near, far = cosines[5, 10].item(), cosines[45, 50].item()
""",
    ("kind", "table", "alike", "near", "far"),
)


def places(kind: str) -> Places:
    """64 places and how alike they are, by one kind of positions."""
    angles = position_angles(PLACES, WIDTH)
    if kind == "rotary":
        alike = turned_likeness(angles)
        near = far = float(alike[APART])
        return Places(kind=kind, table=angles.cos(), alike=alike, near=near, far=far)
    table = {
        "none": torch.zeros(PLACES, WIDTH),
        "learned": torch.randn(PLACES, WIDTH, generator=seeded_generator(SEED)),
        "waves": sinusoidal_positions(PLACES, WIDTH),
    }[kind]

    def cosine(place: int) -> float:
        return float(torch.cosine_similarity(table[place], table[place + APART], dim=0))

    return Places(
        kind=kind, table=table, alike=likeness_by_distance(table), near=cosine(NEAR),
        far=cosine(FAR),
    )  # fmt: skip
