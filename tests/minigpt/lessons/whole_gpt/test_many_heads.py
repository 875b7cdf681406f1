import pytest
import torch

from minigpt.lessons.whole_gpt.many_heads import by_itself, several_heads


def test_heads_share_the_width_and_cost_as_much_as_one():
    one, four = several_heads(1), several_heads(4)
    assert one.parameters == four.parameters == four.alone
    assert (one.head_size, four.head_size) == (32, 8)
    assert four.weights.shape == (4, 8, 8)
    assert four.shape == (4, 8, 32)


def test_each_head_looks_at_the_past_in_its_own_way():
    seen = several_heads(4)
    assert seen.weights.sum(dim=-1).flatten().tolist() == pytest.approx([1.0] * 32)
    assert torch.equal(seen.weights.triu(1), torch.zeros(4, 8, 8))
    assert not torch.allclose(seen.weights[0, -1], seen.weights[1, -1], atol=0.01)


@pytest.mark.parametrize("token", [0, 2, 7])
def test_only_attention_tells_other_tokens_of_a_change(token):
    seen = by_itself(token)
    assert seen.changed == 1
    assert seen.fed[token] > 0.1
    assert (seen.attended > 0).tolist() == [place >= token for place in range(8)]


def test_two_thirds_of_a_block_are_its_feed_forward_part():
    seen = by_itself(0)
    whole = seen.fed_parameters + seen.attention_parameters
    assert seen.fed_parameters / whole == pytest.approx(2 / 3, abs=0.01)
