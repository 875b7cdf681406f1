import pytest
import torch
from torch import nn

from minigpt.models.layers.norms import RootMeanSquareNorm, UnitLength, build_norm


@pytest.fixture
def vectors():
    return 5 + 3 * torch.randn(2, 4, 10)


def test_root_mean_square_norm_brings_the_root_mean_square_to_one(vectors):
    normalised = RootMeanSquareNorm(10)(vectors)
    torch.testing.assert_close(normalised.square().mean(-1), torch.ones(2, 4))
    # It changes how long a vector is and not where it points.
    torch.testing.assert_close(UnitLength()(normalised), UnitLength()(vectors))


def test_unit_length_brings_the_length_to_one(vectors):
    torch.testing.assert_close(UnitLength()(vectors).norm(dim=-1), torch.ones(2, 4))


def test_a_vector_of_zeros_stays_one():
    zeros = torch.zeros(1, 10)
    assert torch.equal(RootMeanSquareNorm(10)(zeros), zeros)
    assert torch.equal(UnitLength()(zeros), zeros)


def test_the_norm_is_chosen_by_name():
    assert isinstance(build_norm("rms", 10, bias=True), RootMeanSquareNorm)
    assert isinstance(build_norm("layer", 10, bias=True), nn.LayerNorm)


@pytest.mark.parametrize(
    ("kind", "bias", "learned"),
    [("layer", True, ["weight", "bias"]), ("layer", False, ["weight"]), ("rms", True, [])],
)
def test_what_a_norm_learns(kind, bias, learned):
    assert [name for name, _ in build_norm(kind, 10, bias=bias).named_parameters()] == learned
