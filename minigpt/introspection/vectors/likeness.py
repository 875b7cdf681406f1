"""Who is like whom, by the three measures that a head may use, and how alike any two are.

The last is what a number has to be compared with: in a table where all vectors point much the same
way, a cosine of 0.9 says nothing about these two.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.models.layers.scoring import Scoring, scores_by

ROWS_AT_A_TIME = 4096
"""Of a table of 50,000 vectors no copy is made."""


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """The vectors most like one of a table."""

    ids: tuple[int, ...]
    """The most like it first; it itself is not among them."""
    likeness: tuple[float, ...]


def neighbours(table: Float[Tensor, "V C"], of: int, *, by: Scoring, most: int = 10) -> Neighbours:
    """The rows of a table that are most like one of them, which is left out.

    Args:
        table: A vector in each row.
        of: The row whose neighbours are looked for.
        by: The measure.
        most: How many are wanted; fewer in a smaller table.
    """
    found = scores_by(by, table[of], table).clone()
    found[of] = -math.inf
    best = found.topk(min(most, len(table) - 1))
    return Neighbours(ids=tuple(best.indices.tolist()), likeness=tuple(best.values.tolist()))


def mean_likeness(
    table: Float[Tensor, "V C"], *, by: Scoring, at_once: int = ROWS_AT_A_TIME
) -> float:
    """How alike two different rows are on average, over all pairs there are; nan for one row.

    Summed without looking at pairs: the dot product of all vectors' sum with itself is that of
    every pair, both ways round, and of every vector with itself. So many rows are read `at_once`.
    """
    count, width = table.shape
    if count < 2:
        return math.nan
    total, itself = torch.zeros(width, dtype=torch.float64), 0.0
    for first in range(0, count, at_once):
        exact = table[first : first + at_once].double()
        if by == "cosine":
            lengths = torch.linalg.vector_norm(exact, dim=-1, keepdim=True)
            exact = exact / lengths.clamp(min=1e-12)
        total += exact.sum(0)
        itself += float(exact.square().sum())
    mean = (float(total @ total) - itself) / (count * (count - 1))
    return mean / math.sqrt(width) if by == "scaled_dot" else mean
