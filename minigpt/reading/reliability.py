"""Whether probabilities are kept: of what was given 30 percent, did three in ten come?

Every token of the vocabulary is a prediction at every position (Murphy and Winkler 1977,
"Reliability of subjective probability forecasts of precipitation and temperature").
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

BINS = 10
SURE = 1.96
"""Standard deviations to either side, for an interval that is right 19 times in 20."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Predictions of about one probability."""

    low: float
    high: float
    predictions: int
    came: int
    """How many of them came true."""
    mean: float
    """The probability that was given, on average."""

    @property
    def share(self) -> float:
        """Of the predictions that came true."""
        return self.came / self.predictions

    @property
    def interval(self) -> tuple[float, float]:
        """Shares that so many predictions are compatible with (Wilson 1927)."""
        n, share, squared = self.predictions, self.share, SURE * SURE
        middle = (share + squared / (2 * n)) / (1 + squared / n)
        half = SURE * math.sqrt(share * (1 - share) / n + squared / (4 * n * n)) / (1 + squared / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Reliability:
    """Counts by probability, in bins of equal width."""

    predictions: Int[Tensor, " bins"]
    came: Int[Tensor, " bins"]
    given: Float[Tensor, " bins"]
    """The sum of the probabilities."""

    @classmethod
    def empty(cls) -> "Reliability":
        """Nothing counted yet."""
        whole = torch.zeros(BINS, dtype=torch.long)
        return cls(whole, whole.clone(), torch.zeros(BINS, dtype=torch.float64))

    def add(
        self, probabilities: Float[Tensor, "positions V"], came: Int[Tensor, " positions"]
    ) -> None:
        """Count the predictions at some positions, and which of them came true."""
        places = (probabilities * BINS).long().clamp(0, BINS - 1)
        flat = places.flatten()
        self.predictions.add_(torch.bincount(flat, minlength=BINS))
        weights = probabilities.flatten().double()
        self.given.add_(torch.bincount(flat, weights=weights, minlength=BINS))
        hits = places.gather(1, came[:, None]).flatten()
        self.came.add_(torch.bincount(hits, minlength=BINS))

    def bins(self) -> list[Bin]:
        """Those in which there is anything, from improbable to sure."""
        return [
            Bin(
                low=place / BINS,
                high=(place + 1) / BINS,
                predictions=count,
                came=int(self.came[place]),
                mean=float(self.given[place]) / count,
            )
            for place, count in enumerate(self.predictions.tolist())
            if count
        ]
