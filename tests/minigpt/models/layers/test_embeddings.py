import math

import pytest
import torch

from minigpt.models.layers.embeddings import (
    LearnedPositions,
    RotaryPositions,
    SinusoidalPositions,
    sinusoidal_positions,
)


def test_learned_positions_are_one_vector_each():
    positions = LearnedPositions(8, 4)
    assert torch.equal(positions(3), positions.weight[:3])
    assert positions.weight.requires_grad


@pytest.mark.parametrize("width", [6, 7])
def test_sinusoidal_positions_by_hand(width):
    table = sinusoidal_positions(20, width)
    assert table.shape == (20, width)
    for position in (0, 1, 19):
        for channel in range(width):
            angle = position / 10_000 ** (channel // 2 * 2 / width)
            expected = math.cos(angle) if channel % 2 else math.sin(angle)
            assert table[position, channel].item() == pytest.approx(expected, abs=1e-5)


def test_sinusoidal_positions_are_fixed_and_as_high_as_asked():
    positions = SinusoidalPositions(8, 4, amplitude=0.5)
    torch.testing.assert_close(positions(3), 0.5 * sinusoidal_positions(8, 4)[:3])
    assert list(positions.parameters()) == []
    assert positions.state_dict() == {}


def test_rotation_keeps_lengths_and_the_first_position():
    vectors = torch.randn(2, 3, 8, 4)
    turned = RotaryPositions(8, 4)(vectors)
    torch.testing.assert_close(turned.norm(dim=-1), vectors.norm(dim=-1))
    assert torch.equal(turned[:, :, 0], vectors[:, :, 0])


def test_rotated_products_depend_on_the_distance_alone():
    rotary = RotaryPositions(16, 6)
    query, key = torch.randn(2, 1, 1, 1, 6)
    queries, keys = (rotary(vector.expand(1, 1, 16, 6)) for vector in (query, key))
    products = (queries @ keys.transpose(-2, -1))[0, 0]
    for distance in (0, 1, 5):
        along = products.diagonal(-distance)
        torch.testing.assert_close(along, along[0].expand_as(along), atol=1e-4, rtol=0)
    assert not torch.allclose(products.diagonal()[0], products.diagonal(-1)[0])


def test_rotation_learns_and_saves_nothing():
    rotary = RotaryPositions(16, 6)
    assert list(rotary.parameters()) == []
    assert rotary.state_dict() == {}
