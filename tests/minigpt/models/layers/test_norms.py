import pytest
import torch
from torch import nn
from torch.testing import assert_close

from minigpt.models.layers.norms import LayerNorm, RootMeanSquareNorm, UnitLength, build_norm


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
    assert isinstance(build_norm("layer", 10, bias=True), LayerNorm)


@pytest.mark.parametrize(
    ("kind", "bias", "learned"),
    [("layer", True, ["weight", "bias"]), ("layer", False, ["weight"]), ("rms", True, [])],
)
def test_what_a_norm_learns(kind, bias, learned):
    assert [name for name, _ in build_norm(kind, 10, bias=bias).named_parameters()] == learned


def gradients(norm, vectors):
    """Of vectors, scale and shift, where the loss is some weighted sum."""
    vectors = vectors.clone().requires_grad_()
    weights = torch.linspace(-1, 1, vectors.numel()).view(vectors.shape)
    (norm(vectors) * weights).sum().backward()
    return [vectors.grad, *(one.grad for one in norm.parameters())]


def some_norm(kind, bias, width=64):
    norm = kind(width, bias=bias)
    with torch.no_grad():
        for number, one in enumerate(norm.parameters()):
            one.copy_(torch.linspace(0.5 - number, 2.0, width))
    return norm


@pytest.mark.parametrize("bias", [True, False])
def test_layer_norm_and_its_gradients_are_those_of_pytorch(bias):
    vectors = 5 + 3 * torch.randn(3, 7, 64)
    ours, theirs = some_norm(LayerNorm, bias), some_norm(nn.LayerNorm, bias)
    assert_close(ours(vectors), theirs(vectors))
    with torch.no_grad():
        assert_close(ours(vectors), theirs(vectors))
    for our, their in zip(gradients(ours, vectors), gradients(theirs, vectors), strict=True):
        assert_close(our, their)


def test_gradients_of_layer_norm_do_not_depend_on_the_number_of_threads():
    vectors = 5 + 3 * torch.randn(2048, 64)
    before, found = torch.get_num_threads(), {}
    try:
        for kind in (LayerNorm, nn.LayerNorm):
            for threads in (1, 2, 3, 4):
                torch.set_num_threads(threads)
                found[kind, threads] = gradients(some_norm(kind, bias=True), vectors)
    finally:
        torch.set_num_threads(before)
    for threads in (2, 3, 4):
        pairs = zip(found[LayerNorm, 1], found[LayerNorm, threads], strict=True)
        assert all(torch.equal(one, other) for one, other in pairs)
    # Why there is one of our own; where PyTorch mends it, ours can go.
    pairs = zip(found[nn.LayerNorm, 1], found[nn.LayerNorm, 3], strict=True)
    assert not all(torch.equal(one, other) for one, other in pairs)
