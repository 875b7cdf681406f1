import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.circuits.direct_path import (
    counted_pairs,
    direct_path,
    likeness,
    likeness_along,
    step_parts,
)
from minigpt.introspection.circuits.single_tokens import read_alone
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig
from tests.conftest import TINY_VOCABULARY

ALL = torch.arange(TINY_VOCABULARY)


@pytest.fixture
def gpt(build_tiny):
    """A small model, its weights far from where they began."""
    model = build_tiny(GPTConfig(context_length=8, width=16, num_layers=2, num_heads=2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def test_it_is_the_tokens_own_line_of_a_receipt(gpt):
    rows = direct_path(gpt, read_alone(gpt, ALL))
    text = torch.tensor([[4]])
    taken = receipt(gpt, text, trace(gpt, text), position=0, token=5, against=9)
    torch.testing.assert_close((rows[4, 5] - rows[4, 9]).double(), taken.shares[0])


def test_of_a_table_of_pairs_it_is_the_table(tiny_config, build_tiny):
    model = build_tiny(tiny_config("bigram"))
    table = model.table.weight.detach()
    rows = direct_path(model, read_alone(model, ALL))
    torch.testing.assert_close(rows, table - table.mean(-1, keepdim=True))


@pytest.mark.parametrize("rung", ["averaging", "single_head"])
def test_where_heads_take_the_place_of_the_stream_there_is_none(tiny_config, build_tiny, rung):
    model = build_tiny(tiny_config(rung))
    with pytest.raises(ConfigurationError, match="no direct path"):
        direct_path(model, read_alone(model, ALL))


def test_pairs_are_counted_by_hand():
    found = counted_pairs(torch.tensor([0, 1, 0, 1, 2, 0]), torch.tensor([1, 0]), 3)
    assert found.counts.tolist() == [2, 2]
    expected = torch.tensor([[2 / 5, 1 / 5, 2 / 5], [1 / 5, 3 / 5, 1 / 5]]).log()
    torch.testing.assert_close(found.log_odds, expected)


def test_a_table_is_like_itself_and_not_like_another():
    pairs = counted_pairs(torch.randint(TINY_VOCABULARY, (4000,)), ALL, TINY_VOCABULARY)
    itself = likeness(3 * pairs.log_odds + 5, pairs)
    assert itself.own == pytest.approx(1, abs=1e-5)
    assert abs(itself.chance) < 0.2
    other = likeness(torch.randn(TINY_VOCABULARY, TINY_VOCABULARY), pairs)
    assert abs(other.own) < 0.3


def test_after_the_last_step_it_is_that_of_the_whole_model(gpt):
    pairs = counted_pairs(torch.randint(TINY_VOCABULARY, (4000,)), ALL, TINY_VOCABULARY)
    along = likeness_along(gpt, read_alone(gpt, ALL), pairs)
    with torch.inference_mode():
        whole = likeness(gpt(ALL[:, None])[:, 0], pairs)
    assert along[-1].own == pytest.approx(whole.own, abs=1e-5)
    assert step_parts(gpt) == [(1, 0, False), (2, 0, True), (3, 1, False), (4, 1, True)]
    assert len(along) == 5


def test_a_block_without_a_feed_forward_part_has_one_step(tiny_config, build_tiny):
    assert step_parts(build_tiny(tiny_config("multi_head"))) == [(1, 0, False)]
