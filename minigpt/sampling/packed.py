"""Linear maps whose matrix is laid out once for products with few rows.

A library that multiplies a few rows by a large matrix rearranges the matrix first, each time anew.
oneDNN can keep it rearranged; and then a row gets the same bits whatever rows are beside it, from
one row or two on. Both are asked of the library that is there, never taken for granted.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

Matrix = Float[Tensor, "outputs inputs"]
LinearMap = Callable[[Float[Tensor, "rows inputs"]], Float[Tensor, "rows outputs"]]

PACKED_FOR = 32
"""The layout is made for so many rows; any number may come."""
TRIED = (1, 2, 3, 4, 8, 30)
"""Numbers of rows that are compared with `PACKED_FOR`."""


def plain(weight: Matrix, bias: Tensor | None) -> LinearMap:
    """The map as PyTorch computes it, by the shortest way."""
    turned = weight.t()
    if bias is None:
        return lambda rows: torch.mm(rows, turned)
    return lambda rows: torch.addmm(bias, rows, turned)


def packed(weight: Matrix, bias: Tensor | None) -> LinearMap:
    """The map with a copy of its matrix, laid out.

    Raises:
        AttributeError, RuntimeError: the library that is there has no such products.
    """
    matrix = torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_FOR)
    multiply = torch.ops.mkldnn._linear_pointwise.default
    return lambda rows: multiply(rows, matrix, bias, "none", [], "")


def fewest_rows(linear_map: LinearMap, weight: Matrix, bias: Tensor | None) -> int | None:
    """From how many rows on each gets the bits that it gets among many, 1 or 2.

    None if neither is so, or if the map is not that of the matrix.
    """
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(PACKED_FOR, weight.shape[1], generator=generator)
    many = linear_map(rows)
    if not torch.allclose(many, functional.linear(rows, weight, bias), rtol=1e-3, atol=1e-4):
        return None
    same = [torch.equal(linear_map(rows[:count]), many[:count]) for count in TRIED]
    return next((TRIED[at] for at in range(2) if all(same[at:])), None)
