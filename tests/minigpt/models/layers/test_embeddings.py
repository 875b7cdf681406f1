import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from minigpt.models.configs import GPTConfig
from minigpt.models.ladder.gpt import GPT
from minigpt.models.layers.embeddings import (
    MULTIPLIER,
    PRIME,
    LearnedPositions,
    NGramEmbedding,
    RotaryPositions,
    SinusoidalPositions,
    sinusoidal_positions,
)

ROWS = 50


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


def embedding(*, order=3, rows=ROWS, width=4):
    made = NGramEmbedding(order=order, rows=rows, width=width)
    nn.init.normal_(made.weight, generator=torch.Generator().manual_seed(0))
    return made


def test_each_position_gets_the_sum_of_one_row_for_each_length():
    made, tokens = embedding(order=4), torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
    rows = made.rows_of(tokens)
    assert rows.shape == (2, 5, 3)
    for length in range(3):
        assert (rows[..., length] // ROWS == length).all()
    expected = torch.stack([made.weight[rows[..., one]] for one in range(3)]).sum(0)
    torch.testing.assert_close(made(tokens), expected)


@given(
    tokens=st.lists(st.integers(0, 50_000), min_size=1, max_size=12),
    order=st.integers(2, 6),
    before=st.lists(st.integers(0, 50_000), min_size=6, max_size=6),
)
def test_a_run_has_the_same_row_wherever_it_stands(tokens, order, before):
    made = embedding(order=order, rows=1000)
    alone = made.rows_of(torch.tensor([tokens]))
    later = made.rows_of(torch.tensor([[*before, *tokens]]))[:, len(before) :]
    whole = slice(order - 1, None)  # before that, a run reaches beyond the beginning
    assert torch.equal(alone[:, whole], later[:, whole])


@given(tokens=st.lists(st.integers(0, 2**31), min_size=1, max_size=8), order=st.integers(2, 8))
def test_rows_are_those_of_whole_numbers_without_limit(tokens, order):
    rows = embedding(order=order).rows_of(torch.tensor([tokens]))[0].tolist()
    for position, found in enumerate(rows):
        key = tokens[position] + 1
        for back in range(1, order):
            earlier = tokens[position - back] + 1 if position >= back else 0
            key = (key * MULTIPLIER + earlier) % PRIME
            assert found[back - 1] == key % ROWS + (back - 1) * ROWS


def test_a_run_that_reaches_before_the_beginning_is_another_one():
    made = embedding(order=2, rows=10_000)
    first, second = made.rows_of(torch.tensor([[0, 0]]))[0, :, 0]
    assert first != second


def test_runs_of_an_ordinary_text_spread_over_the_rows():
    text = " ".join(f"the number {number} is not {7 * number}" for number in range(800))
    tokens = torch.tensor([[ord(character) for character in text]])
    runs = {text[place - 3 : place + 1] for place in range(3, len(text))}
    rows = embedding(order=4, rows=8192).rows_of(tokens)[0, 3:, 2].unique()
    # Thrown at random, n runs would fill this many of the rows.
    expected = 8192 * (1 - (1 - 1 / 8192) ** len(runs))
    assert len(rows) > 0.95 * expected


def test_a_model_begins_as_if_the_ngrams_were_not_there():
    def build(order):
        torch.manual_seed(0)
        sizes = {"context_length": 8, "width": 16, "num_layers": 1, "num_heads": 2}
        return GPT(GPTConfig(**sizes, ngram_order=order, ngram_rows=ROWS), vocabulary_size=24)

    tokens = torch.randint(24, (2, 8))
    without, with_runs = build(1), build(3)
    assert without.ngram_embedding is None
    assert with_runs.num_parameters == without.num_parameters + 2 * ROWS * 16
    assert torch.equal(without(tokens), with_runs(tokens))


def test_ngrams_can_tell_runs_apart_from_the_first_step_on():
    made, tokens = embedding(order=2), torch.tensor([[1, 2, 1, 3]])
    torch.autograd.backward(made(tokens)[0, 1].sum())
    assert made.weight.grad is not None
    touched = made.weight.grad.abs().sum(-1).nonzero().flatten().tolist()
    assert touched == [made.rows_of(tokens)[0, 1, 0]]
