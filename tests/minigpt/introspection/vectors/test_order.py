import pytest
import torch
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.introspection.vectors.order import moved_probability, orders_of, read_shuffled
from minigpt.models.configs import GPTConfig
from tests.conftest import TINY_SIZES, TINY_VOCABULARY

IDS = torch.arange(8)


def gpt(build_tiny, position, layers):
    config = GPTConfig(**{**TINY_SIZES, "num_layers": layers}, position=position)
    model = build_tiny(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def test_all_tokens_stay_and_the_last_where_it_is():
    rows = orders_of(IDS, times=5, generator=torch.Generator().manual_seed(0))
    assert (rows.sort(dim=1).values == IDS).all()
    assert (rows[:, -1] == 7).all()
    assert len({tuple(row.tolist()) for row in rows}) > 1


def test_one_layer_without_positions_cannot_tell_an_order_and_two_can(build_tiny):
    assert read_shuffled(gpt(build_tiny, "none", 1), IDS).moved == pytest.approx(0, abs=1e-5)
    assert read_shuffled(gpt(build_tiny, "none", 2), IDS).moved > 1e-3


@pytest.mark.parametrize("position", ["learned", "sinusoidal", "rotary"])
def test_with_positions_the_prediction_moves(build_tiny, position):
    assert read_shuffled(gpt(build_tiny, position, 1), IDS).moved > 1e-3


def test_losses_are_those_of_the_text_and_of_its_orders(build_tiny):
    model = gpt(build_tiny, "learned", 1)
    found = read_shuffled(model, IDS, seed=3)
    rows = orders_of(IDS, times=found.orders, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        losses = [
            functional.cross_entropy(model(one[None])[0, :-1], one[1:]).item()
            for one in (IDS, *rows)
        ]
    assert found.loss == pytest.approx(losses[0], rel=1e-5)
    assert found.shuffled_loss == pytest.approx(sum(losses[1:]) / found.orders, rel=1e-5)


def test_too_short_a_text_is_refused_in_words(build_tiny):
    with pytest.raises(ConfigurationError, match="3 tokens or more"):
        read_shuffled(gpt(build_tiny, "none", 1), IDS[:2])


def test_all_or_nothing_moves():
    here, there = torch.eye(TINY_VOCABULARY)[:2]
    assert moved_probability(here, torch.stack([here, there, (here + there) / 2])).tolist() == [
        0.0,
        1.0,
        0.5,
    ]


def test_an_order_is_judged_before_the_next_is_read(build_tiny, monkeypatch):
    model, done = gpt(build_tiny, "learned", 1), []
    real = functional.cross_entropy
    model.register_forward_hook(lambda *_arguments: done.append("read"))
    monkeypatch.setattr(
        functional, "cross_entropy", lambda *given: done.append("judged") or real(*given)
    )
    read_shuffled(model, IDS, times=3)
    assert done == ["read", "judged"] * 4
