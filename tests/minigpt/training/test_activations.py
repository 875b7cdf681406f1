"""The formulas are compared with what torch itself keeps for the backward pass."""

import dataclasses

import pytest
import torch

from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig, GPTConfig
from minigpt.training.loss import next_token_loss

VOCABULARY, ROWS = 50, 4
BYTES_PER_NUMBER = 4


def kept_by_torch(config):
    """Numbers per token in all the storage that the forward pass leaves behind."""
    model = build_model(config, vocabulary_size=VOCABULARY).train()
    owned = {one.untyped_storage().data_ptr() for one in [*model.parameters(), *model.buffers()]}
    seen = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in owned:
            seen[storage.data_ptr()] = storage  # kept alive, so that no address is used twice
        return tensor

    shape = (ROWS, config.context_length)
    inputs, targets = torch.randint(VOCABULARY, shape), torch.randint(VOCABULARY, shape)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        next_token_loss(model(inputs), targets)
    total = sum(storage.nbytes() for storage in seen.values())
    return total / BYTES_PER_NUMBER / (ROWS * config.context_length)


def larger(config):
    """Large enough for the numbers of a layer to outweigh those of the ends."""
    sizes = {"context_length": 32, "width": 64, "num_heads": 4, "num_layers": 3}
    known = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{name: sizes[name] for name in known & set(sizes)})


def test_as_much_is_kept_as_torch_keeps(variant):
    config = larger(variant)
    formula = config.kept_activations(VOCABULARY)
    assert formula == pytest.approx(kept_by_torch(config), rel=0.03)


COMBINATIONS = [
    {"attention_score": "cosine", "position": "rotary"},
    {"attention_score": "cosine", "query_key_norm": True},
    {"attention_score": "cosine", "position": "rotary", "query_key_norm": True},
    {"dropout": 0.1, "position": "rotary"},
    {"dropout": 0.1, "query_key_norm": True},
    {"dropout": 0.1, "norm_position": "post", "activation": "swiglu"},
]


@pytest.mark.parametrize("options", COMBINATIONS, ids=str)
def test_choices_that_meet_in_attention_are_counted_together(options):
    config = larger(GPTConfig(**options))
    formula = config.kept_activations(VOCABULARY)
    assert formula == pytest.approx(kept_by_torch(config), rel=0.03)


def test_dropout_in_attention_takes_more_for_each_token_the_longer_the_context():
    def kept(length, **options):
        config = GPTConfig(context_length=length, **options)
        return config.kept_activations(VOCABULARY)

    assert kept(64) == kept(512)
    assert kept(512, dropout=0.1) > 2 * kept(64, dropout=0.1)


def test_the_scores_weigh_most_where_the_vocabulary_is_large():
    config = GPTConfig()
    assert config.gradient_activations(50_000) == 100_000
    assert config.evaluation_activations(50_000) == 100_000 + config.width
    assert BigramConfig().evaluation_activations(10) == 20
