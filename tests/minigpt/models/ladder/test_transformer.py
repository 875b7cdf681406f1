import torch
from torch import nn

from minigpt.models.configs import TransformerConfig
from minigpt.models.ladder.transformer import Transformer
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.feed_forward import FeedForward

CONFIG = TransformerConfig(width=16, num_layers=3, num_heads=2)


def test_it_stacks_as_many_blocks_as_asked():
    model = Transformer(CONFIG, vocabulary_size=24)
    assert len(list(model.attention_blocks())) == 3


def test_silent_blocks_leave_the_stream_as_it_was():
    model = Transformer(CONFIG, vocabulary_size=24)
    for part in model.modules():
        if isinstance(part, CausalSelfAttention):
            _silence(part.output)
        if isinstance(part, FeedForward):
            _silence(part.narrow)
    tokens = torch.tensor([[1, 2, 3]])
    assert torch.equal(model(tokens), model.unembed(model.embed(tokens)))


def test_every_norm_is_layer_norm_and_every_bend_is_relu():
    model = Transformer(CONFIG, vocabulary_size=24)
    assert sum(isinstance(part, nn.LayerNorm) for part in model.modules()) == 2 * 3
    kinds = {part.activation for part in model.modules() if isinstance(part, FeedForward)}
    assert kinds == {"relu"}


def test_it_has_the_parameters_its_shape_says():
    attention = 4 * (16 * 16 + 16)
    feed_forward = 2 * 4 * 16 * 16 + 4 * 16 + 16
    norms = 2 * 2 * 16
    around = 24 * 16 + 8 * 16 + 24 * 16 + 24
    expected = around + 3 * (attention + feed_forward + norms)
    assert Transformer(CONFIG, vocabulary_size=24).num_parameters == expected


def _silence(linear):
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
