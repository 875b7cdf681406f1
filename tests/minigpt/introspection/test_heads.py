import math

import pytest
import torch
from torch.nn import functional

from minigpt.introspection.heads import FIRST_ROW, head_effects, head_shares
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig

LENGTH = 16


def pattern(columns_of):
    """One head whose row t looks at the columns that `columns_of(t)` names, all alike."""
    weights = torch.zeros(1, 1, 1, LENGTH, LENGTH)
    for row in range(LENGTH):
        columns = columns_of(row)
        weights[..., row, columns] = 1 / len(columns)
    return weights


@pytest.fixture
def repeated():
    """Eight tokens, then the same ones again."""
    return torch.arange(8).repeat(2)[None]


@pytest.mark.parametrize(
    ("columns_of", "name"),
    [
        (lambda row: [max(row - 1, 0)], "previous"),
        (lambda row: [row], "itself"),
        (lambda row: [0], "first"),
        (lambda row: [max(row - 7, 0)], "copied"),
    ],
)
def test_a_made_pattern_has_the_whole_share_of_its_kind_and_none_of_another(
    repeated, columns_of, name
):
    shares = head_shares(pattern(columns_of), repeated)
    found = {kind: getattr(shares, kind).heads.item() for kind in shares.__dataclass_fields__}
    assert found == {kind: float(kind == name) for kind in found}


def test_uniform_attention_has_the_shares_of_chance(repeated):
    shares = head_shares(pattern(lambda row: list(range(row + 1))), repeated)
    for name in shares.__dataclass_fields__:
        share = getattr(shares, name)
        assert share.heads.item() == pytest.approx(share.chance)
    expected = sum(1 / (row + 1) for row in range(FIRST_ROW, LENGTH)) / (LENGTH - FIRST_ROW)
    assert shares.previous.chance == pytest.approx(expected)


def test_the_copy_that_looks_is_not_an_earlier_one():
    # Every token differs, so nothing was there before.
    shares = head_shares(pattern(lambda row: [row]), torch.arange(LENGTH)[None])
    assert math.isnan(shares.copied.heads.item())


def test_what_followed_an_earlier_copy_counts_only_where_it_comes_next_too():
    # "ab" comes again as "ac": whoever stands on the second "a" and copies is wrong.
    tokens = torch.arange(LENGTH)[None].clone()
    tokens[0, 10], tokens[0, 11] = tokens[0, 2], 99
    always = pattern(lambda row: [3] if row == 10 else [row])
    assert math.isnan(head_shares(always, tokens).copied.heads.item())
    tokens[0, 11] = tokens[0, 3]
    assert head_shares(always, tokens).copied.heads.item() == 1.0


def test_texts_without_a_row_to_count_are_refused():
    with pytest.raises(ValueError, match="8 tokens leave no row"):
        head_shares(torch.ones(1, 1, 1, 8, 8), torch.zeros(1, 8, dtype=torch.long))


@pytest.fixture
def model(build_tiny):
    return build_tiny(GPTConfig(context_length=8, width=16, num_layers=2, num_heads=2))


def test_effects_are_the_losses_of_the_model_without_those_heads(model, random_tokens):
    inputs, targets = random_tokens(3), random_tokens(3, seed=1)

    def loss(mask):
        logits = trace(model, inputs, head_mask=mask.expand(3, 2, 2)).logits
        return functional.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()

    effects = head_effects(model, inputs, targets)
    only_the_last = torch.ones(2, 2)
    only_the_last[1, 1] = 0
    with torch.inference_mode():
        plain = functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()
    assert effects.loss == pytest.approx(plain, abs=1e-6)
    assert effects.without[1, 1].item() == pytest.approx(loss(only_the_last))
    assert effects.without_all == pytest.approx(loss(torch.zeros(2, 2)))


def test_a_head_that_adds_nothing_costs_nothing(model, random_tokens):
    inputs, targets = random_tokens(3), random_tokens(3, seed=1)
    with torch.no_grad():
        # The second head of the first layer: its part of the projection back into the stream.
        next(iter(model.attention_blocks())).attention.output.weight[:, 8:] = 0
    effects = head_effects(model, inputs, targets)
    assert effects.without[0, 1].item() == pytest.approx(effects.loss, abs=1e-7)
    assert effects.without[0, 0].item() != pytest.approx(effects.loss, abs=1e-7)
