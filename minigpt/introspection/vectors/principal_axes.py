"""The two directions in which vectors differ most: principal component analysis (Pearson 1901).

A picture has two directions and a vector many. These two keep as much as any two can of how far
the vectors lie apart, which is still often little: how much is always said beside the picture.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

SHOWN = 2


@dataclass(frozen=True)
class PrincipalAxes:
    """A place to look from: the middle of some vectors, and two directions across it."""

    middle: Float[Tensor, " C"]
    directions: Float[Tensor, "2 C"]
    """At right angles and of length 1; zero where the vectors do not differ in so many ways."""

    def places(self, vectors: Float[Tensor, "n C"]) -> Float[Tensor, "n 2"]:
        """Where vectors lie along both axes."""
        found: Tensor = (vectors - self.middle) @ self.directions.T
        return found

    def shares(self, vectors: Float[Tensor, "n C"]) -> Float[Tensor, " 2"]:
        """How much of the variance of some vectors lies along each axis, from 0 to 1.

        Around their own middle, which may be another one than that of the axes.
        """
        apart = vectors - vectors.mean(0)
        whole = apart.square().sum()
        along = (apart @ self.directions.T).square().sum(0)
        return along / whole if whole > 0 else torch.zeros(SHOWN)


def principal_axes(vectors: Float[Tensor, "n C"]) -> PrincipalAxes:
    """The two directions of the largest variance.

    Which way round an axis points is nobody's choice: the largest number of each is positive, so
    that the same vectors always give the same picture.
    """
    middle = vectors.mean(0)
    _left, sizes, right = torch.linalg.svd(vectors - middle, full_matrices=False)
    directions = torch.zeros(SHOWN, vectors.shape[1])
    real = min(SHOWN, int((sizes > 1e-7 * sizes.max()).sum()))
    directions[:real] = right[:real]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return PrincipalAxes(middle, torch.where(largest < 0, -directions, directions))
