from typing import get_args

import pytest
import torch

from minigpt.models.configs.parts import Activation
from minigpt.models.layers.feed_forward import FeedForward

WIDTH = 12
every_activation = pytest.mark.parametrize("activation", get_args(Activation))


@every_activation
def test_each_position_is_transformed_by_itself(activation):
    feed_forward = FeedForward(width=WIDTH, activation=activation)
    residual = torch.randn(2, 5, WIDTH)
    alone = torch.stack([feed_forward(residual[:, [position]])[:, 0] for position in range(5)], 1)
    torch.testing.assert_close(feed_forward(residual), alone)


@pytest.mark.parametrize(
    ("activation", "expected"),
    [
        ("relu", [0.0, 0.0, 2.0, 3.0]),
        ("relu_squared", [0.0, 0.0, 4.0, 9.0]),
        ("gelu", [-0.1588, 0.0, 1.9546, 2.9964]),
        # The first half opens or closes the gate for the second: silu(-1) * 2 and silu(0) * 3.
        ("swiglu", [-0.5379, 0.0]),
    ],
)
def test_the_bend_by_hand(activation, expected):
    bent = FeedForward(width=WIDTH, activation=activation).activate(
        torch.tensor([[[-1.0, 0.0, 2.0, 3.0]]])
    )
    torch.testing.assert_close(bent, torch.tensor([[expected]]), atol=1e-4, rtol=0)


@every_activation
def test_every_kind_costs_the_same(activation):
    feed_forward = FeedForward(width=WIDTH, activation=activation, bias=False)
    count = sum(parameter.numel() for parameter in feed_forward.parameters())
    assert count == 2 * 4 * WIDTH * WIDTH


def test_dropout_acts_in_training_mode_only():
    torch.manual_seed(0)
    feed_forward = FeedForward(width=WIDTH, activation="relu", dropout=0.5)
    residual = torch.randn(1, 5, WIDTH)
    assert not torch.equal(feed_forward(residual), feed_forward(residual))
    feed_forward.eval()
    assert torch.equal(feed_forward(residual), feed_forward(residual))


def test_bias_is_a_choice():
    feed_forward = FeedForward(width=WIDTH, activation="relu", bias=False)
    learned = [name for name, _ in feed_forward.named_parameters()]
    assert learned == ["widen.weight", "narrow.weight"]
