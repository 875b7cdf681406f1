"""What one row of attention would be if queries and keys were compared otherwise.

Three ways to score a key by a query: their dot product, the cosine of the angle between them, and
the dot product over the root of the head's size (Vaswani et al. 2017, section 3.2.1). And the scale
by itself: at 0 every token counts alike, which is the mean of the past; the larger it is, the more
the softmax is all or nothing, and the less any change of a score moves it.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from jaxtyping import Float
from torch import Tensor

Scoring = Literal["dot", "cosine", "scaled_dot"]
SCORINGS: tuple[Scoring, ...] = get_args(Scoring)


def scores_by(
    scoring: Scoring, query: Float[Tensor, " D"], keys: Float[Tensor, "past D"]
) -> Float[Tensor, " past"]:
    """How well each key matches a query.

    Args:
        scoring: "dot", "cosine" or "scaled_dot".
        query: Of the token that looks.
        keys: Of it and the tokens before it.
    """
    products: Tensor = keys @ query
    match scoring:
        case "dot":
            return products
        case "cosine":
            lengths: Tensor = torch.linalg.vector_norm(keys, dim=-1)
            length: Tensor = torch.linalg.vector_norm(query)
            return products / (lengths * length).clamp(min=1e-12)
        case "scaled_dot":
            return products / math.sqrt(len(query))


@dataclass(frozen=True, kw_only=True)
class Row:
    """Shares of attention, and how much can still be learnt through them."""

    weights: Float[Tensor, " past"]

    @property
    def tokens(self) -> float:
        """How many tokens it is spread over, as the exponential of its entropy: 1 and more."""
        return float(torch.special.entr(self.weights).sum().exp())

    @property
    def slope(self) -> float:
        """By how much the largest share moves with its score: w (1 - w), at most a quarter.

        Near zero the softmax is saturated, and training can hardly change it.
        """
        largest = float(self.weights.max())
        return largest * (1 - largest)


def row_at(products: Float[Tensor, " past"], scale: float) -> Row:
    """The row of these dot products, times a scale, after the softmax; at 0 it is the mean."""
    return Row(weights=(products * scale).softmax(-1))
