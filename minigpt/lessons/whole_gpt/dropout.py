"""Dropout: numbers are silenced at random while a model trains, and the others made larger."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet

COUNT = 1000
SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class DroppedOnes:
    """A thousand ones after dropout."""

    factor: float
    """What those that are left became."""
    silenced: float
    """The share that became 0."""
    average: float
    first: Float[Tensor, " 10"]
    generating: Float[Tensor, " 10"]
    """The same ten where nothing is trained."""
    share: float


DROPPED = Snippet(
    """
import torch
from torch import nn

share = $share
torch.manual_seed(1337)
x = torch.ones(1000)
kept = torch.rand(1000) >= share
dropped = x * kept / (1 - share)  # what nn.Dropout(share) does while a model trains
factor = dropped.max().item()
silenced, average = (dropped == 0).float().mean().item(), dropped.mean().item()
first = dropped[:10]
generating = nn.Dropout(share).eval()(x)[:10]
""",
    ("factor", "silenced", "average", "first", "generating"),
)


def drop_ones(share: float) -> DroppedOnes:
    """Silence this share of a thousand ones, as `nn.Dropout` does, with a chance of its own."""
    ones = torch.ones(COUNT)
    kept = torch.rand(COUNT, generator=seeded_generator(SEED)) >= share
    trained = ones * kept / (1 - share)
    return DroppedOnes(
        factor=trained.max().item(),
        silenced=(trained == 0).float().mean().item(),
        average=trained.mean().item(),
        first=trained[:SHOWN],
        generating=nn.Dropout(share).eval()(ones)[:SHOWN],
        share=share,
    )
