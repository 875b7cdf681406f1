import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig, GPTConfig, TransformerConfig
from minigpt.training import cost
from minigpt.training.batches import evaluation_batches

SMALL = TransformerConfig(context_length=8, width=16, num_layers=2, num_heads=2)


def test_a_small_transformer_costs_what_a_count_by_hand_gives():
    # One token: queries, keys and values 16 -> 48, the way back 16 -> 16, 16 -> 64 -> 16.
    maps = 16 * 48 + 16 * 16 + 16 * 64 + 64 * 16
    # It is compared with 8 tokens and gathers from 8 tokens, 16 channels each.
    attention = 8 * 16 + 8 * 16
    unembedding = 16 * 24
    by_hand = 2 * (2 * (maps + attention) + unembedding)
    assert SMALL.forward_flops(24) == by_hand
    # The backward pass takes twice as much; 4 windows of 8 tokens.
    assert cost.step_flops(SMALL, vocabulary_size=24, batch_size=4) == 3 * 4 * 8 * by_hand


def test_torch_counts_the_same_products_of_matrices(variant):
    plain = dataclasses.replace(variant, dropout=0.0) if hasattr(variant, "dropout") else variant
    model = build_model(plain, vocabulary_size=24)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, plain.context_length, dtype=torch.long))
    products = counter.get_flop_counts().get("Global", {})
    # Attention is left out: whether its kernel is counted depends on which one is chosen.
    counted = sum(flops for name, flops in products.items() if "attention" not in str(name))
    layers, length = plain.attention_layers, plain.context_length
    attention = 4 * layers * length * getattr(plain, "width", 0)
    maps = plain.forward_flops(24) - attention
    assert counted == length * maps


def test_six_operations_for_each_parameter_and_token_where_a_model_is_large():
    config = GPTConfig(context_length=16, width=512, num_layers=8, num_heads=8)
    parameters = 8 * 12 * 512**2
    step = cost.step_flops(config, vocabulary_size=65, batch_size=1)
    assert step == pytest.approx(6 * parameters * 16, rel=0.02)


def test_a_table_computes_nothing():
    assert cost.step_flops(BigramConfig(), vocabulary_size=65, batch_size=32) == 0


@given(st.integers(2, 3000), st.integers(1, 40), st.integers(1, 500))
def test_the_validation_windows_are_those_that_training_looks_at(tokens, length, largest):
    stream = torch.arange(tokens)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "MOST_EVALUATION_TOKENS", largest)
        windows = cost.evaluation_windows(tokens, length)
    if tokens <= length:
        assert windows == 0
        return
    batches = evaluation_batches(
        stream, context_length=length, tokens_per_batch=64, largest=largest
    )
    assert windows == sum(len(batch.inputs) for batch in batches)


@pytest.mark.parametrize(("steps", "interval", "looks"), [(12, 4, 4), (13, 4, 5), (3, 10, 2)])
def test_training_looks_before_the_first_step_after_the_last_and_between(steps, interval, looks):
    assert cost.evaluation_count(steps, interval) == looks


def test_a_look_costs_a_forward_pass_over_its_windows():
    one = SMALL.forward_flops(24)
    look = cost.evaluation_flops(SMALL, vocabulary_size=24, validation_tokens=100)
    assert look == one * 8 * 12  # 99 targets make 12 windows of 8


def test_a_batch_of_windows_has_about_as_many_tokens_whatever_the_context():
    assert cost.windows_per_batch(64) * 64 == cost.EVALUATION_TOKENS_PER_BATCH
    assert cost.windows_per_batch(100_000) == 1
