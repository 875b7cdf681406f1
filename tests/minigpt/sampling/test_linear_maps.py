import pytest
import torch
from torch.nn import functional

import minigpt.sampling.linear_maps as packed_maps
from minigpt.sampling.linear_maps import (
    ROWS,
    TRIED,
    fewest_rows,
    grouped_map,
    is_equal_in_every_place,
    packed_map,
    plain_map,
    product,
)


@pytest.mark.parametrize("make", [plain_map, packed_map, grouped_map])
@pytest.mark.parametrize("with_bias", [True, False])
def test_a_map_is_that_of_its_matrix(make, with_bias):
    weight, bias = torch.randn(40, 24), torch.randn(40) if with_bias else None
    with torch.inference_mode():
        try:
            linear_map = make(weight, bias)
        except (AttributeError, RuntimeError):
            pytest.skip("this PyTorch has no packed products")
        for count in TRIED if make is not grouped_map else (ROWS, 5 * ROWS):
            rows = torch.randn(count, 24)
            found = product(linear_map, rows, len(weight))
            torch.testing.assert_close(found, functional.linear(rows, weight, bias))


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(128, 384), (128, 512), (512, 128), (128, 65), (768, 192), (200, 601)]
)
def test_a_row_gets_the_same_bits_in_whatever_group(inputs, outputs):
    linear_map = grouped_map(torch.randn(outputs, inputs), torch.randn(outputs))
    rows = torch.randn(36, inputs)
    many = product(linear_map, rows, outputs)
    for first in range(33):
        assert torch.equal(
            product(linear_map, rows[first : first + ROWS], outputs), many[first:][:ROWS]
        )
    assert is_equal_in_every_place(inputs, outputs)


def test_places_that_get_other_bits_are_told(monkeypatch):
    def uneven(weight, bias):
        def multiply(rows, out):
            out[:] = rows @ weight.t().numpy()
            out[::ROWS] += 1e-5

        return multiply

    monkeypatch.setattr(packed_maps, "grouped_map", uneven)
    assert not is_equal_in_every_place.__wrapped__(3, 2)


@pytest.mark.parametrize(("lone_rows", "fewest"), [(0, 1), (1, 2), (3, None)])
def test_rows_that_get_other_bits_alone_are_told(lone_rows, fewest):
    weight = torch.ones(2, 3)

    def one_by_one(rows, out):
        for row, place in zip(rows, out, strict=True):
            place[:] = row.sum() + (1e-5 if len(rows) <= lone_rows else 0)

    assert fewest_rows(one_by_one, weight, None) == fewest


def test_a_map_of_another_matrix_is_none():
    assert fewest_rows(plain_map(torch.ones(2, 3), None), torch.zeros(2, 3), None) is None
