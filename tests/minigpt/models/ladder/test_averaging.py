import pytest
import torch

from minigpt.models.configs import AveragingConfig
from minigpt.models.ladder.averaging import Averaging, EqualAttention


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Averaging(AveragingConfig(width=16), vocabulary_size=24).eval()


def test_position_i_gives_an_equal_share_to_each_of_its_past():
    attention = EqualAttention(width=4)
    queries, keys, _ = attention.project_heads(torch.randn(1, 5, 4))
    weights = attention.weights(attention.mask(attention.scores(queries, keys)))
    expected = torch.ones(5, 5).tril() / torch.arange(1, 6).unsqueeze(1)
    torch.testing.assert_close(weights[0, 0], expected)


def test_it_computes_the_running_average():
    vectors = torch.randn(2, 6, 4)
    expected = vectors.cumsum(1) / torch.arange(1, 7)[None, :, None]
    torch.testing.assert_close(EqualAttention(width=4)(vectors), expected)


def test_the_order_of_the_past_is_lost(model):
    tokens = torch.tensor([[3, 1, 4, 1, 5, 9]])
    shuffled = tokens[:, [4, 2, 0, 5, 1, 3]]
    torch.testing.assert_close(model(tokens)[:, -1], model(shuffled)[:, -1])


def test_it_learns_the_tokens_and_the_way_back(model):
    shapes = {name: tuple(parameter.shape) for name, parameter in model.named_parameters()}
    assert shapes == {
        "token_embedding.weight": (24, 16),
        "output.weight": (24, 16),
        "output.bias": (24,),
    }
