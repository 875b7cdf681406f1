import pytest
import torch

from minigpt.introspection.pairs.likeness import moved_attention, partners
from minigpt.introspection.trace import trace


def shifted(by, length=6):
    """A head that looks so many tokens back, or at the first."""
    weights = torch.zeros(length, length)
    for row in range(length):
        weights[row, max(0, row - by)] = 1
    return weights


def test_a_head_moves_nothing_to_look_as_it_does():
    heads = torch.stack([torch.stack([shifted(0), shifted(1)]), torch.stack([shifted(2)] * 2)])
    moved = moved_attention(heads, heads)
    assert moved.shape == (2, 2, 2, 2)
    assert moved[0, 1, 0, 1] == 0
    assert moved[1, 0, 1, 1] == 0
    assert moved[0, 0, 0, 1] == 1  # at every token but the first they look elsewhere
    assert torch.equal(moved, moved.permute(2, 3, 0, 1))


def test_half_of_the_attention_elsewhere_is_one_half():
    half = (shifted(0) + shifted(1)) / 2
    assert moved_attention(shifted(0)[None, None], half[None, None]) == pytest.approx(0.5)


def test_a_single_token_has_nowhere_else_to_look():
    one = torch.ones(1, 1, 1, 1)
    assert moved_attention(one, one) == 0


def test_real_heads_lie_between_nothing_and_everything(variant_model, random_tokens):
    if not list(variant_model.attention_blocks()):
        pytest.skip("has no heads")
    first, second = trace(variant_model, random_tokens(2)).attention
    moved = moved_attention(first, second)
    assert (moved >= 0).all()
    assert (moved <= 1 + 1e-6).all()
    expected = (first[0, 0, 1:] - second[-1, -1, 1:]).abs().sum(-1).mean() / 2
    torch.testing.assert_close(moved[0, 0, -1, -1], expected)


def test_shuffled_heads_find_their_own():
    generator = torch.Generator().manual_seed(0)
    heads = torch.rand(1, 5, 8, 8, generator=generator).tril().softmax(-1)
    order = [3, 0, 4, 1, 2]
    moved = moved_attention(heads, heads[:, order])[0, :, 0]
    assert partners(moved) == [order.index(head) for head in range(5)]


def test_no_two_heads_share_a_partner_and_the_most_alike_go_first():
    moved = torch.tensor([[0.1, 0.2, 0.9], [0.0, 0.3, 0.8]])
    assert partners(moved) == [1, 0]
