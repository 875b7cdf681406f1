import pytest
import torch
from torch.nn import functional

from minigpt.sampling.packed import TRIED, fewest_rows, packed, plain


@pytest.mark.parametrize("make", [plain, packed])
@pytest.mark.parametrize("with_bias", [True, False])
def test_a_map_is_that_of_its_matrix(make, with_bias):
    weight, bias = torch.randn(40, 24), torch.randn(40) if with_bias else None
    with torch.inference_mode():
        try:
            linear_map = make(weight, bias)
        except (AttributeError, RuntimeError):
            pytest.skip("this PyTorch has no packed products")
        for count in TRIED:
            rows = torch.randn(count, 24)
            torch.testing.assert_close(linear_map(rows), functional.linear(rows, weight, bias))


@pytest.mark.parametrize(("lone_rows", "fewest"), [(0, 1), (1, 2), (3, None)])
def test_rows_that_get_other_bits_alone_are_told(lone_rows, fewest):
    weight = torch.ones(2, 3)

    def one_by_one(rows):
        found = torch.stack([row.sum().expand(2) for row in rows])
        return found + 1e-5 if len(rows) <= lone_rows else found

    assert fewest_rows(one_by_one, weight, None) == fewest


def test_a_map_of_another_matrix_is_none():
    assert fewest_rows(plain(torch.ones(2, 3), None), torch.zeros(2, 3), None) is None
