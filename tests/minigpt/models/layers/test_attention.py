import math

import pytest
import torch
from torch import nn

from minigpt.models.layers.attention import CausalSelfAttention

WIDTH, HEADS, HEAD_SIZE, LENGTH = 12, 3, 4, 6


@pytest.fixture
def attention():
    torch.manual_seed(0)
    return CausalSelfAttention(width=WIDTH, num_heads=HEADS).eval()


@pytest.fixture
def residual():
    return torch.randn(2, LENGTH, WIDTH, generator=torch.Generator().manual_seed(0))


def test_the_named_steps_compute_what_the_fused_kernel_does(attention, residual):
    queries, keys, values = attention.project_heads(residual)
    weights = attention.weights(attention.mask(attention.scores(queries, keys)))
    by_steps = attention.join_heads(attention.mix(weights, values))
    torch.testing.assert_close(by_steps, attention(residual), atol=1e-6, rtol=0)


def test_scores_are_divided_by_the_root_of_the_head_size_not_of_the_width(attention, residual):
    queries, keys, _ = attention.project_heads(residual)
    expected = torch.einsum("bhid,bhjd->bhij", queries, keys) / math.sqrt(HEAD_SIZE)
    torch.testing.assert_close(attention.scores(queries, keys), expected)


def test_scores_of_unit_variance_keep_it_whatever_the_head_size():
    generator = torch.Generator().manual_seed(0)
    for head_size in (4, 64):
        attention = CausalSelfAttention(width=head_size, num_heads=1)
        queries, keys = torch.randn(2, 1, 1, 300, head_size, generator=generator)
        assert attention.scores(queries, keys).var().item() == pytest.approx(1, abs=0.1)


def test_the_scale_can_be_chosen(residual):
    plain = CausalSelfAttention(width=WIDTH, num_heads=HEADS, scale=1.0)
    queries, keys, _ = plain.project_heads(residual)
    torch.testing.assert_close(plain.scores(queries, keys), queries @ keys.transpose(-2, -1))


def test_the_mask_rules_out_the_future_and_nothing_else(attention):
    scores = torch.randn(2, HEADS, LENGTH, LENGTH)
    masked = attention.mask(scores)
    past = torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()
    assert torch.equal(masked[..., past], scores[..., past])
    assert (masked[..., ~past] == -math.inf).all()


def test_the_softmax_runs_over_the_keys_not_the_queries(attention, residual):
    queries, keys, _ = attention.project_heads(residual)
    weights = attention.weights(attention.mask(attention.scores(queries, keys)))
    torch.testing.assert_close(weights.sum(dim=-1), torch.ones(2, HEADS, LENGTH))
    assert (weights.sum(dim=-2) - 1).abs().max() > 0.1
    assert torch.equal(weights, weights.tril())


def test_mixing_averages_the_values_by_weight(attention):
    values = torch.randn(1, HEADS, LENGTH, HEAD_SIZE)
    only_the_first = torch.zeros(1, HEADS, LENGTH, LENGTH)
    only_the_first[..., 0] = 1
    mixed = attention.mix(only_the_first, values)
    assert torch.equal(mixed, values[:, :, :1].expand_as(mixed))


def test_heads_are_joined_side_by_side_in_order(attention):
    nn.init.eye_(attention.output.weight)
    nn.init.zeros_(attention.output.bias)
    mixed = torch.randn(1, HEADS, LENGTH, HEAD_SIZE)
    assert torch.equal(attention.join_heads(mixed), torch.cat(mixed.unbind(1), dim=-1))


def test_each_head_has_its_own_projections(attention, residual):
    before = attention.project_heads(residual)
    with torch.no_grad():
        for part in attention.query_key_value.weight.chunk(3):
            part[:HEAD_SIZE] += 1  # the first head's rows
    for old, new in zip(before, attention.project_heads(residual), strict=True):
        assert not torch.equal(old[:, 0], new[:, 0])
        assert torch.equal(old[:, 1:], new[:, 1:])


def test_queries_and_keys_are_prepared_and_values_are_not(attention, residual):
    queries, keys, values = attention.project_heads(residual)
    attention.before_comparison = nn.Tanh()
    prepared = attention.project_heads(residual)
    for prepared_part, part in zip(prepared, (queries.tanh(), keys.tanh(), values), strict=True):
        assert torch.equal(prepared_part, part)


def test_dropout_acts_in_training_mode_only(residual):
    torch.manual_seed(0)
    attention = CausalSelfAttention(width=WIDTH, num_heads=HEADS, dropout=0.5)
    assert not torch.equal(attention(residual), attention(residual))
    attention.eval()
    assert torch.equal(attention(residual), attention(residual))


def test_dropout_silences_weights_and_not_only_the_output(residual):
    attention = CausalSelfAttention(width=WIDTH, num_heads=HEADS, dropout=0.5)
    attention.output_dropout = nn.Identity()
    assert not torch.equal(attention(residual), attention(residual))


@pytest.mark.parametrize(("bias", "expected"), [(True, 4 * 12 * 12 + 4 * 12), (False, 4 * 12 * 12)])
def test_bias_is_a_choice(bias, expected):
    attention = CausalSelfAttention(width=WIDTH, num_heads=HEADS, bias=bias)
    assert sum(parameter.numel() for parameter in attention.parameters()) == expected
