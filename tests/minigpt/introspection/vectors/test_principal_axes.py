import numpy as np
import torch

from minigpt.introspection.vectors.principal_axes import principal_axes


def test_they_are_the_eigenvectors_of_the_covariance():
    vectors = torch.randn(40, 7) @ torch.diag(torch.tensor([5.0, 3, 2, 1, 1, 0.5, 0.1]))
    axes = principal_axes(vectors)
    values, directions = np.linalg.eigh(np.cov(vectors.numpy().T))
    for place in (0, 1):
        expected = directions[:, -1 - place]
        assert abs(float(axes.directions[place] @ torch.tensor(expected).float())) > 1 - 1e-4
    np.testing.assert_allclose(
        axes.shares(vectors).numpy(), values[::-1][:2] / values.sum(), atol=1e-5
    )
    np.testing.assert_allclose(
        axes.places(vectors).numpy().var(axis=0, ddof=1), values[::-1][:2], rtol=1e-4
    )


def test_the_same_vectors_always_give_the_same_picture():
    vectors = torch.randn(12, 5)
    axes = principal_axes(vectors)
    largest = axes.directions.gather(1, axes.directions.abs().argmax(1, keepdim=True))
    assert (largest > 0).all()
    shuffled = principal_axes(vectors[torch.randperm(12)])
    torch.testing.assert_close(shuffled.directions, axes.directions, atol=1e-4, rtol=1e-4)


def test_vectors_on_a_line_have_one_axis_and_equal_ones_none():
    line = principal_axes(torch.arange(5.0)[:, None] * torch.tensor([[3.0, 4.0]]))
    torch.testing.assert_close(line.directions, torch.tensor([[0.6, 0.8], [0.0, 0.0]]))
    same = torch.ones(4, 3)
    equal = principal_axes(same)
    assert not equal.directions.any()
    assert not equal.places(same).any()
    assert equal.shares(same).tolist() == [0.0, 0.0]


def test_other_vectors_are_placed_on_the_same_axes():
    axes = principal_axes(torch.randn(9, 4))
    outside = axes.middle + 2 * axes.directions[0] - 3 * axes.directions[1]
    torch.testing.assert_close(axes.places(outside[None]), torch.tensor([[2.0, -3.0]]))
