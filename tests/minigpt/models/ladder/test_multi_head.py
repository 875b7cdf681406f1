import torch

from minigpt.models.configs import MultiHeadConfig, SingleHeadConfig
from minigpt.models.ladder.multi_head import MultiHead
from minigpt.models.ladder.single_head import SingleHead


def test_heads_share_the_width():
    model = MultiHead(MultiHeadConfig(width=16, num_heads=4), vocabulary_size=24)
    (block,) = model.attention_blocks()
    assert (block.attention.num_heads, block.attention.head_size) == (4, 4)


def test_heads_start_out_different():
    torch.manual_seed(0)
    model = MultiHead(MultiHeadConfig(width=16, num_heads=2), vocabulary_size=24)
    (block,) = model.attention_blocks()
    queries, keys, _ = block.attention.project_heads(model.embed(torch.tensor([[1, 2, 3]])))
    scores = block.attention.scores(queries, keys)
    assert not torch.allclose(scores[:, 0], scores[:, 1])


def test_more_heads_cost_nothing_and_joining_them_costs_one_map():
    def count(num_heads):
        config = MultiHeadConfig(width=16, num_heads=num_heads)
        return MultiHead(config, vocabulary_size=24).num_parameters

    single = SingleHead(SingleHeadConfig(width=16), vocabulary_size=24).num_parameters
    offsets = 3 * 16
    assert count(2) == count(8) == single + offsets + (16 * 16 + 16)
