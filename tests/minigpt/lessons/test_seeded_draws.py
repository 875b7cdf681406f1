import torch
from torch import nn

from minigpt.lessons.seeded_draws import draw_bigram, draw_head, seeded_generator


def test_a_generator_draws_what_a_notebook_draws():
    torch.manual_seed(7)
    numbers, linear, table = torch.randn(3), nn.Linear(4, 2, bias=False), nn.Embedding(5, 5)
    torch.manual_seed(99)  # somebody else
    chance = seeded_generator(7)
    assert torch.equal(torch.randn(3, generator=chance), numbers)
    head = draw_head(chance, width=4, head_size=2)
    assert torch.equal(head.key.weight, linear.weight)
    chance = seeded_generator(7)
    torch.randn(3, generator=chance)
    nn.init.kaiming_uniform_(torch.empty(2, 4), a=5**0.5, generator=chance)
    assert torch.equal(draw_bigram(chance, size=5).table.weight, table.weight)
