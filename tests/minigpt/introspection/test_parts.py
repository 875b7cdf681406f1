import copy

import pytest
import torch
from torch.nn import functional

from minigpt.introspection.parts import part_losses
from minigpt.models.configs import GPTConfig

SHAPE = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}


@pytest.fixture
def model(build_tiny):
    built = build_tiny(GPTConfig(**SHAPE, ngram_order=3, ngram_rows=50)).eval()
    with torch.no_grad():
        built.ngram_embedding.weight.normal_()
    return built


def loss(model, inputs, targets):
    with torch.inference_mode():
        return functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


def test_each_part_is_worth_what_the_same_model_loses_without_it(model, random_tokens):
    inputs, targets = random_tokens(4), random_tokens(4, seed=1)
    without_table, without_heads = copy.deepcopy(model), copy.deepcopy(model)
    with torch.no_grad():
        without_table.ngram_embedding.weight.zero_()
        for block in without_heads.attention_blocks():
            block.attention.output.weight.zero_()
    before = copy.deepcopy(model.state_dict())
    found = part_losses(model, inputs, targets)
    assert found.whole == pytest.approx(loss(model, inputs, targets))
    assert found.without_table == pytest.approx(loss(without_table, inputs, targets))
    assert found.without_heads == pytest.approx(loss(without_heads, inputs, targets))
    assert len({found.whole, found.without_table, found.without_heads}) == 3
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())


def test_of_a_model_without_a_table_there_is_nothing_to_tell(build_tiny, random_tokens):
    plain = build_tiny(GPTConfig(**SHAPE)).eval()
    assert part_losses(plain, random_tokens(2), random_tokens(2)) is None
