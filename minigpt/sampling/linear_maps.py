"""Linear maps whose matrix is laid out once for products with few rows.

A row must get the same bits whatever rows are beside it, which no library promises. `grouped_map`
always asks for the same product, of four rows. `packed_map` lets oneDNN keep the matrix rearranged,
which a library that multiplies a few rows by a large matrix else does each time anew; there it
holds from one row or two on. `plain_map` copies nothing, for models too large for that. What the
library that is there does is tried, never taken for granted.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Matrix = Float[Tensor, "outputs inputs"]
Inputs = Float[np.ndarray, "rows inputs"]
Outputs = Float[np.ndarray, "rows outputs"]
LinearMap = Callable[[Inputs, Outputs], None]
"""Writes into the second array, a row each, what it makes of the first."""

ROWS = 4
"""Libraries multiply one to three rows in another order of sums than four or more."""
SINGLE_THREAD = 2**18
"""So many multiplications OpenBLAS leaves to one thread; more would wake others, longer than it
takes."""
PACKED_FOR = 32
"""The layout is made for so many rows; any number may come."""
TRIED = (1, 2, 3, 4, 8, 30)
"""Numbers of rows that are compared with `PACKED_FOR`."""


def plain_map(weight: Matrix, bias: Tensor | None) -> LinearMap:
    """The map as PyTorch computes it, by the shortest way; equal bits from `ROWS` rows on."""
    turned, offset = weight.detach().t(), None if bias is None else bias.detach()

    def multiply(rows: Inputs, out: Outputs) -> None:
        found = torch.from_numpy(out)
        if offset is None:
            torch.mm(torch.from_numpy(rows), turned, out=found)
        else:
            torch.addmm(offset, torch.from_numpy(rows), turned, out=found)

    return multiply


def grouped_map(weight: Matrix, bias: Tensor | None) -> LinearMap:
    """The map with a copy of its matrix, turned, and the rows in fours, one product each.

    There must be a multiple of `ROWS` rows. Laid out like this, NumPy's OpenBLAS multiplies four
    rows of a small matrix in less than half the time of PyTorch's library.
    """
    matrix = weight.detach().t().contiguous().numpy()
    inputs, outputs = matrix.shape
    offset = None if bias is None else bias.detach().numpy()
    columns = max(1, SINGLE_THREAD // (ROWS * inputs))
    slices = [slice(first, first + columns) for first in range(0, outputs, columns)]
    parts = [(part, matrix[:, part]) for part in slices]
    is_whole = len(parts) == 1

    def multiply(rows: Inputs, out: Outputs) -> None:
        if is_whole and len(rows) == ROWS:
            np.dot(rows, matrix, out)  # the same product, called on a shorter way
        else:
            multiply_fours(rows, out)
        if offset is not None:
            np.add(out, offset, out=out)

    def multiply_fours(rows: Inputs, out: Outputs) -> None:
        fours, found = rows.reshape(-1, ROWS, inputs), out.reshape(-1, ROWS, outputs)
        for place, part in parts:
            np.matmul(fours, part, out=found[..., place])

    return multiply


@cache
def is_equal_in_every_place(inputs: int, outputs: int) -> bool:
    """Whether `grouped_map` gives a row the same bits first or last of four, or among others."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(outputs, inputs, generator=generator)
    rows = torch.randn(3 * ROWS, inputs, generator=generator)
    linear_map = grouped_map(weight, None)
    many = product(linear_map, rows, outputs)
    return is_near(many, weight, rows, None) and all(
        torch.equal(product(linear_map, rows[four], outputs), many[four])
        for four in (slice(first, first + ROWS) for first in range(2 * ROWS))
    )


def packed_map(weight: Matrix, bias: Tensor | None) -> LinearMap:
    """The map with a copy of its matrix, laid out by oneDNN.

    Raises:
        AttributeError, RuntimeError: the library that is there has no such products.
    """
    matrix = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), PACKED_FOR)
    offset = None if bias is None else bias.detach()
    multiply = torch.ops.mkldnn._linear_pointwise.default

    def into(rows: Inputs, out: Outputs) -> None:
        found = multiply(torch.from_numpy(rows), matrix, offset, "none", [], "")
        np.copyto(out, found.numpy())

    return into


def fewest_rows(linear_map: LinearMap, weight: Matrix, bias: Tensor | None) -> int | None:
    """From how many rows on each gets the bits that it gets among many, 1 or 2.

    None if neither is so, or if the map is not that of the matrix.
    """
    generator = torch.Generator().manual_seed(0)
    outputs, inputs = weight.shape
    rows = torch.randn(PACKED_FOR, inputs, generator=generator)
    many = product(linear_map, rows, outputs)
    if not is_near(many, weight, rows, bias):
        return None
    same = [
        torch.equal(product(linear_map, rows[:count], outputs), many[:count]) for count in TRIED
    ]
    return next((TRIED[at] for at in range(2) if all(same[at:])), None)


def is_near(
    found: Float[Tensor, "rows outputs"],
    weight: Matrix,
    rows: Float[Tensor, "rows inputs"],
    bias: Tensor | None,
) -> bool:
    """Whether this is the product of these, but for rounding."""
    expected = functional.linear(rows, weight, bias)
    # Rounding grows with the square root of the number of summands, as their sum does.
    return torch.allclose(found, expected, rtol=1e-3, atol=1e-4)


def product(
    linear_map: LinearMap, rows: Float[Tensor, "rows inputs"], outputs: int
) -> Float[Tensor, "rows outputs"]:
    """What a map makes of rows."""
    found = torch.empty(len(rows), outputs)
    linear_map(rows.numpy(), found.numpy())
    return found
