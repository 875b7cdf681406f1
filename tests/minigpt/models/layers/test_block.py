import pytest
import torch
from torch import nn

from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.block import AttentionOnly, PostNormBlock, PreNormBlock
from minigpt.models.layers.feed_forward import FeedForward

WIDTH = 8


def build(kind):
    torch.manual_seed(0)
    attention = CausalSelfAttention(width=WIDTH, num_heads=2)
    if kind is AttentionOnly:
        return kind(attention)
    return kind(
        attention_norm=nn.LayerNorm(WIDTH),
        attention=attention,
        feed_forward_norm=nn.LayerNorm(WIDTH),
        feed_forward=FeedForward(width=WIDTH, activation="relu"),
    )


@pytest.fixture
def residual():
    return 3 + 2 * torch.randn(2, 5, WIDTH)


@pytest.mark.parametrize("kind", [AttentionOnly, PreNormBlock, PostNormBlock])
def test_forward_composes_the_named_steps(kind, residual):
    block = build(kind)
    attended = block.attention(block.read(residual))
    by_steps = block.add_feed_forward(block.add_attention(residual, attended))
    assert torch.equal(block(residual), by_steps)


def test_without_a_way_around_only_attention_is_left(residual):
    block = build(AttentionOnly)
    assert torch.equal(block(residual), block.attention(residual))


def test_before_norm_reads_a_normalised_copy_and_adds_to_the_stream(residual):
    block = build(PreNormBlock)
    assert torch.equal(block.read(residual), block.attention_norm(residual))
    attended = torch.randn_like(residual)
    assert torch.equal(block.add_attention(residual, attended), residual + attended)
    worked_out = block.feed_forward(block.feed_forward_norm(residual))
    assert torch.equal(block.add_feed_forward(residual), residual + worked_out)


def test_after_norm_reads_the_stream_and_normalises_the_sum(residual):
    block = build(PostNormBlock)
    assert torch.equal(block.read(residual), residual)
    result = block(residual)
    torch.testing.assert_close(result.mean(-1), torch.zeros(2, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(result.var(-1, correction=0), torch.ones(2, 5), atol=1e-3, rtol=0)


def test_after_norm_uses_each_norm_after_its_own_part(residual):
    block = build(PostNormBlock)
    nn.init.zeros_(block.attention_norm.weight)
    nn.init.ones_(block.attention_norm.bias)
    attended = torch.randn_like(residual)
    assert torch.equal(block.add_attention(residual, attended), torch.ones_like(residual))
    assert not torch.equal(block.add_feed_forward(residual), torch.ones_like(residual))
