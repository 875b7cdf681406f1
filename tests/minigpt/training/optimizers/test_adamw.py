import pytest
import torch
from torch import nn

from minigpt.training.optimizers.adamw import AdamW


def test_it_moves_as_pytorchs_own():
    generator = torch.Generator().manual_seed(0)
    ours = nn.Sequential(nn.Embedding(7, 6), nn.Linear(6, 5), nn.LayerNorm(5))
    theirs = nn.Sequential(nn.Embedding(7, 6), nn.Linear(6, 5), nn.LayerNorm(5))
    theirs.load_state_dict(ours.state_dict())
    optimizer = AdamW(ours.parameters(), weight_decay=0.3, betas=(0.8, 0.95))
    matrices = [one for one in theirs.parameters() if one.dim() >= 2]
    others = [one for one in theirs.parameters() if one.dim() < 2]
    groups = [{"params": matrices, "weight_decay": 0.3}, {"params": others, "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, betas=(0.8, 0.95))
    for step in range(5):
        rate = 0.1 / (step + 1)
        for group in reference.param_groups:
            group["lr"] = rate
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            one.grad = torch.randn(one.shape, generator=generator)
            other.grad = one.grad.clone()
        optimizer.step(rate)
        reference.step()
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one, other, atol=1e-7, rtol=1e-6)


def test_a_first_step_moves_every_weight_by_the_rate():
    weights = nn.Parameter(torch.zeros(3, 2))
    weights.grad = torch.tensor([[1e-3, -5.0], [2.0, 1.0], [-1.0, 100.0]])
    AdamW([weights]).step(0.25)
    torch.testing.assert_close(weights.detach(), -0.25 * weights.grad.sign(), atol=1e-4, rtol=0)


def test_matrices_decay_and_offsets_and_gains_do_not():
    matrix, offset = nn.Parameter(torch.ones(2, 2)), nn.Parameter(torch.ones(2))
    matrix.grad, offset.grad = torch.zeros(2, 2), torch.zeros(2)
    AdamW([matrix, offset], weight_decay=0.5).step(0.1)
    torch.testing.assert_close(matrix.detach(), torch.full((2, 2), 0.95))
    assert torch.equal(offset.detach(), torch.ones(2))


def test_weights_without_a_gradient_stay():
    still, moved = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    moved.grad = torch.ones(2)
    AdamW([still, moved], weight_decay=0.5).step(0.1)
    assert torch.equal(still.detach(), torch.ones(2))
    assert (moved < 1).all()


def test_before_the_first_step_there_is_nothing_to_remember():
    assert AdamW([nn.Parameter(torch.ones(2))]).state() == {}


@pytest.mark.parametrize("steps", [1, 3])
def test_another_one_that_is_told_what_it_remembered_goes_on_alike(steps):
    generator = torch.Generator().manual_seed(1)
    first = nn.Parameter(torch.ones(4, 3))
    optimizer = AdamW([first], betas=(0.9, 0.99))
    for _ in range(steps):
        first.grad = torch.randn(4, 3, generator=generator)
        optimizer.step(0.1)
    second = nn.Parameter(first.detach().clone())
    restored = AdamW([second], betas=(0.9, 0.99))
    for what, tensor in optimizer.state()[first].items():
        restored.load_state(second, what, tensor.clone())
    first.grad = torch.randn(4, 3, generator=generator)
    second.grad = first.grad.clone()
    optimizer.step(0.1)
    restored.step(0.1)
    assert torch.equal(first, second)


def test_what_it_told_does_not_change_afterwards():
    weights = nn.Parameter(torch.ones(2))
    optimizer = AdamW([weights])
    weights.grad = torch.ones(2)
    optimizer.step(0.1)
    steps = optimizer.state()[weights]["step"]
    optimizer.step(0.1)
    assert (steps, optimizer.state()[weights]["step"]) == (1, 2)
