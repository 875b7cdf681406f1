import torch

from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram


def test_logits_are_the_row_of_the_current_token():
    model = Bigram(BigramConfig(), vocabulary_size=7)
    tokens = torch.tensor([[3, 0, 3]])
    assert torch.equal(model(tokens)[0], model.table.weight[[3, 0, 3]])


def test_it_remembers_nothing():
    model = Bigram(BigramConfig(), vocabulary_size=7)
    assert torch.equal(model(torch.tensor([[1, 2, 5]]))[0, -1], model(torch.tensor([[5]]))[0, -1])


def test_it_is_one_square_table():
    assert Bigram(BigramConfig(), vocabulary_size=65).num_parameters == 65 * 65
