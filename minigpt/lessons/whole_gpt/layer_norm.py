"""Normalising a table of random numbers: each row by itself, or each column."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.layers.norms import LayerNorm

ROWS, COLUMNS = 32, 100


@dataclass(frozen=True, kw_only=True)
class NormalisedSample:
    """Mean and standard deviation of a row and of a column, before and after."""

    row_mean: float
    row_std: float
    column_mean: float
    column_std: float
    row_before: tuple[float, float]
    column_before: tuple[float, float]
    excerpt: Float[Tensor, "3 6"]
    """The first numbers of the first rows, as they were drawn."""


NORMALISED = Snippet(
    """
import torch
from torch import nn

kind = $kind
torch.manual_seed(1337)
x = torch.randn(32, 100)  # 32 vectors of 100 numbers
if kind == "lecture":  # divides by 99: an estimate from a sample
    y = (x - x.mean(1, keepdim=True)) / torch.sqrt(x.var(1, keepdim=True) + 1e-5)
if kind == "layer":  # divides by 100, as PyTorch does in every model
    y = nn.LayerNorm(100)(x).detach()
if kind == "columns":  # over the batch: not a LayerNorm
    y = nn.LayerNorm(32)(x.T).T.detach()
row_mean, row_std = y[0].mean().item(), y[0].std().item()
column_mean, column_std = y[:, 0].mean().item(), y[:, 0].std().item()
""",
    ("row_mean", "row_std", "column_mean", "column_std"),
)


def normalise_sample(kind: str) -> NormalisedSample:
    """A normal sample of 32 vectors of 100 numbers, normalised by "lecture", "layer", "columns".

    The lecture divides by a deviation that it estimates with 99 in place of 100, our layer and
    PyTorch's by that of the numbers as they are. Deviations are told as `Tensor.std` does: with 99.
    """
    sample = torch.randn(ROWS, COLUMNS, generator=seeded_generator(SEED))
    with torch.inference_mode():
        over_rows = LayerNorm(COLUMNS)(sample)
        after = {
            "lecture": over_rows * math.sqrt((COLUMNS - 1) / COLUMNS),
            "layer": over_rows,
            "columns": LayerNorm(ROWS)(sample.T).T,
        }[kind]
    row_mean, row_std = _mean_and_deviation(after[0])
    column_mean, column_std = _mean_and_deviation(after[:, 0])
    return NormalisedSample(
        row_mean=row_mean,
        row_std=row_std,
        column_mean=column_mean,
        column_std=column_std,
        row_before=_mean_and_deviation(sample[0]),
        column_before=_mean_and_deviation(sample[:, 0]),
        excerpt=sample[:3, :6],
    )


def _mean_and_deviation(numbers: Float[Tensor, " n"]) -> tuple[float, float]:
    return numbers.mean().item(), numbers.std().item()
