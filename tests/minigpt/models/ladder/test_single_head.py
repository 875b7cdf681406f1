import torch

from minigpt.models.configs import SingleHeadConfig
from minigpt.models.ladder.single_head import Head, SingleHead


def test_a_head_may_be_narrower_than_what_it_reads():
    projected = Head(width=32, head_size=16).project_heads(torch.randn(4, 8, 32))
    assert {tuple(vectors.shape) for vectors in projected} == {(4, 1, 8, 16)}


def test_a_head_learns_three_matrices_without_offsets():
    head = Head(width=6, head_size=4)
    shapes = {name: tuple(parameter.shape) for name, parameter in head.named_parameters()}
    assert shapes == {"query.weight": (4, 6), "key.weight": (4, 6), "value.weight": (4, 6)}


def test_queries_keys_and_values_come_from_their_own_matrices():
    head = Head(width=6, head_size=4)
    residual = torch.randn(1, 3, 6)
    projected = head.project_heads(residual)
    for vectors, matrix in zip(projected, (head.query, head.key, head.value), strict=True):
        assert torch.equal(vectors[:, 0], residual @ matrix.weight.T)


def test_the_head_is_as_wide_as_the_stream():
    model = SingleHead(SingleHeadConfig(width=16), vocabulary_size=24)
    (block,) = model.attention_blocks()
    assert block.attention.num_heads == 1
    assert block.attention.head_size == 16


def test_the_order_of_the_past_matters():
    torch.manual_seed(0)
    model = SingleHead(SingleHeadConfig(width=16), vocabulary_size=24)
    forwards, backwards = torch.tensor([[1, 2, 3, 7]]), torch.tensor([[3, 2, 1, 7]])
    assert not torch.allclose(model(forwards)[:, -1], model(backwards)[:, -1], atol=1e-4)
