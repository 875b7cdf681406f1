import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from minigpt.training.optimizers.muon import ADAMW_SIZE, Muon, orthogonalise


@given(
    count=st.integers(1, 4), rows=st.integers(2, 24), columns=st.integers(2, 24),
    seed=st.integers(0, 2**31),
)  # fmt: skip
def test_singular_values_become_about_one_and_directions_stay(count, rows, columns, seed):
    matrices = well_conditioned(count, rows, columns, seed)
    values = torch.linalg.svdvals(orthogonalise(matrices))
    assert values.min() > 0.6
    assert values.max() < 1.3


def well_conditioned(count, rows, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    u, _, vt = torch.linalg.svd(
        torch.randn(count, rows, columns, generator=generator), full_matrices=False
    )
    values = 0.1 + torch.rand(count, 1, min(rows, columns), generator=generator)
    return u * values @ vt


def test_the_directions_are_those_of_the_matrix():
    matrix = well_conditioned(1, 6, 6, 0)
    u, _, vt = torch.linalg.svd(matrix)
    turned = u.transpose(-2, -1) @ orthogonalise(matrix) @ vt.transpose(-2, -1)
    off_diagonal = turned - torch.diag_embed(turned.diagonal(dim1=-2, dim2=-1))
    assert off_diagonal.abs().max() < 1e-4


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 12, 4), (2, 4, 12)])
def test_many_matrices_at_once_are_what_each_is_alone(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    alone = torch.cat([orthogonalise(matrix[None]) for matrix in matrices])
    torch.testing.assert_close(orthogonalise(matrices), alone)


def test_the_size_of_a_matrix_does_not_matter_and_nothing_stays_nothing():
    matrices = torch.randn(1, 5, 7, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(orthogonalise(1000 * matrices), orthogonalise(matrices))
    assert torch.equal(orthogonalise(torch.zeros(1, 3, 4)), torch.zeros(1, 3, 4))


def test_a_first_step_by_hand():
    matrix = nn.Parameter(torch.zeros(4, 8))
    gradient = torch.randn(4, 8, generator=torch.Generator().manual_seed(3))
    matrix.grad = gradient.clone()
    Muon([matrix], momentum=0.9).step(0.1)
    # Nesterov of a first gradient is that gradient scaled, which orthogonalising undoes.
    expected = -0.1 * ADAMW_SIZE * math.sqrt(8) * orthogonalise(gradient[None])[0]
    torch.testing.assert_close(matrix.detach(), expected)


def test_updates_are_as_large_as_those_of_adamw():
    matrix = nn.Parameter(torch.zeros(64, 64))
    matrix.grad = torch.randn(64, 64, generator=torch.Generator().manual_seed(4))
    Muon([matrix]).step(1.0)
    size = matrix.detach().square().mean().sqrt().item()
    assert size == pytest.approx(ADAMW_SIZE, rel=0.2)


def test_decay_pulls_towards_zero():
    matrix = nn.Parameter(torch.ones(3, 3))
    matrix.grad = torch.zeros(3, 3)
    Muon([matrix], weight_decay=0.5).step(0.1)
    torch.testing.assert_close(matrix.detach(), torch.full((3, 3), 0.95))


def test_matrices_without_a_gradient_stay():
    still, moved = nn.Parameter(torch.ones(3, 3)), nn.Parameter(torch.ones(3, 3))
    moved.grad = torch.eye(3)
    Muon([still, moved]).step(0.1)
    assert torch.equal(still.detach(), torch.ones(3, 3))
    assert not torch.equal(moved.detach(), torch.ones(3, 3))
