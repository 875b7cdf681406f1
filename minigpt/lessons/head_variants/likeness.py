"""How alike two vectors are, by three measures."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.single_head import Head


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two vectors are, by three measures."""

    dot: float
    cosine: float
    scaled: float
    tripled: tuple[float, float, float]
    """Dot product, cosine and scaled dot product once the second is three times as long."""
    first: tuple[float, float]
    second: tuple[float, float]


LIKENESS = Snippet(
    """
import math
import torch

angle = math.radians($angle)
a = torch.tensor([1.0, 0.0])
b = $length * torch.tensor([math.cos(angle), math.sin(angle)])
dot = (a @ b).item()
cosine = (a @ b / (a.norm() * b.norm())).item()
scaled = (a @ b / math.sqrt(len(a))).item()
longer = 3 * b
tripled = (
    (a @ longer).item(),
    (a @ longer / (a.norm() * longer.norm())).item(),
    (a @ longer / math.sqrt(len(a))).item())
""",
    ("dot", "cosine", "scaled", "tripled"),
)


def likeness(angle: float, length: float) -> Likeness:
    """A vector of length 1 and one at an angle in degrees to it, of another length."""
    turned = math.radians(angle)
    first = torch.tensor([1.0, 0.0])
    second = length * torch.tensor([math.cos(turned), math.sin(turned)])
    dot, cosine, scaled = _measures(first, second)
    return Likeness(
        dot=dot,
        cosine=cosine,
        scaled=scaled,
        tripled=_measures(first, 3 * second),
        first=(first[0].item(), first[1].item()),
        second=(second[0].item(), second[1].item()),
    )


def _measures(
    first: Float[Tensor, " 2"], second: Float[Tensor, " 2"]
) -> tuple[float, float, float]:
    head = Head(width=1, head_size=2)
    dot = head.products(first.view(1, 1, 1, 2), second.view(1, 1, 1, 2))
    cosine = torch.cosine_similarity(first, second, dim=0)
    return dot.item(), cosine.item(), head.scale_products(dot).item()
