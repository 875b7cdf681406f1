import torch

from minigpt.models.configs.base import EmbeddedConfig
from minigpt.models.ladder.embedded import EmbeddedModel


class Bare(EmbeddedModel):
    """The shared parts without a block."""


def test_token_and_position_vectors_are_added():
    model = Bare(EmbeddedConfig(context_length=4, width=3), vocabulary_size=7)
    embedded = model.embed(torch.tensor([[5, 5]]))
    expected = model.token_embedding.weight[5] + model.position_embedding.weight[:2]
    assert torch.equal(embedded[0], expected)


def test_vectors_start_at_unit_size():
    torch.manual_seed(0)
    model = Bare(EmbeddedConfig(context_length=100, width=50), vocabulary_size=100)
    for weight in (model.token_embedding.weight, model.position_embedding.weight):
        assert abs(weight.std().item() - 1) < 0.05


def test_the_way_back_is_a_linear_map_of_its_own():
    model = Bare(EmbeddedConfig(context_length=4, width=3), vocabulary_size=7)
    residual = torch.randn(1, 2, 3)
    expected = residual @ model.output.weight.T + model.output.bias
    torch.testing.assert_close(model.unembed(residual), expected)
