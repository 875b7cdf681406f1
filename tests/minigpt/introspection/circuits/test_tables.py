import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.circuits.single_tokens import is_exact, position_kind, read_alone
from minigpt.introspection.circuits.tables import (
    agreement,
    head_block,
    output_value_table,
    query_key_table,
)
from minigpt.introspection.trace import trace
from minigpt.models.ladder.averaging import Averaging
from tests.conftest import TINY_VOCABULARY

NEAR = {"atol": 1e-4, "rtol": 1e-4}
LOOKS, LOOKED_AT = 6, 4
ALL = torch.arange(TINY_VOCABULARY)


@pytest.fixture
def strong_model(variant_model):
    """Every variant that has heads, its weights far from where they began."""
    if not heads_shape(variant_model)[0]:
        pytest.skip("has no heads")
    with torch.no_grad():
        for parameter in variant_model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return variant_model


def table(model, layer, head, at=LOOKS, back=LOOKED_AT, tokens=ALL):
    looking, looked_at = (
        read_alone(model, tokens, torch.full_like(tokens, place)) for place in (at, back)
    )
    return query_key_table(model, layer, head, looking=looking, looked_at=looked_at)


def test_in_the_first_layer_it_has_the_scores_of_the_forward_pass(strong_model, random_tokens):
    if isinstance(strong_model, Averaging):
        pytest.skip("compares nothing, which is a test of its own")
    tokens = random_tokens(1)
    scores = trace(strong_model, tokens).layers[0].scores[0]
    for head in range(len(scores)):
        told = table(strong_model, 0, head)[tokens[0, LOOKS], tokens[0, LOOKED_AT]]
        same = torch.isclose(told, scores[head, LOOKS, LOOKED_AT], **NEAR)
        assert same == is_exact(strong_model, 0)


def test_with_rotary_positions_only_the_distance_counts(strong_model):
    if position_kind(strong_model) != "rotary":
        pytest.skip("is none of them")
    torch.testing.assert_close(table(strong_model, 1, 1, 6, 4), table(strong_model, 1, 1, 2, 0))
    assert not torch.allclose(table(strong_model, 1, 1, 6, 4), table(strong_model, 1, 1, 6, 5))


def test_what_it_makes_likely_is_the_heads_line_where_the_token_is_the_text(strong_model):
    if getattr(strong_model.config, "norm_position", "pre") == "post":
        pytest.skip("is refused, which is a test of its own")
    tokens = (3, 20)
    found = read_alone(strong_model, torch.tensor(tokens))
    layers, heads = heads_shape(strong_model)
    for layer, head in {(0, 0), (layers - 1, heads - 1)}:
        rows = output_value_table(strong_model, layer, head, found)
        for row, token in enumerate(tokens):
            text = torch.tensor([[token]])
            taken = receipt(
                strong_model, text, trace(strong_model, text), position=0, token=5, against=9
            )
            line = next(
                share
                for part, share in zip(taken.parts, taken.shares, strict=True)
                if (part.layer, part.head) == (layer, head)
            )
            torch.testing.assert_close((rows[row, 5] - rows[row, 9]).double(), line, **NEAR)


def test_how_near_it_comes_on_a_text_is_measured(strong_model, random_tokens):
    if isinstance(strong_model, Averaging):
        pytest.skip("compares nothing")
    tokens = random_tokens(1)
    seen = trace(strong_model, tokens)
    for layer, one in enumerate(seen.layers):
        found = agreement(strong_model, layer, 0, tokens, one)
        if is_exact(strong_model, layer):
            assert found.farthest < 1e-4
            assert found.likeness > 0.999
        elif layer:
            assert found.farthest > 1e-3
            assert -1 <= found.likeness < 0.999
    short = trace(strong_model, tokens[:, :2]).layers[0]
    assert agreement(strong_model, 0, 0, tokens[:, :2], short).likeness is None


def test_what_has_no_such_table_is_refused_with_the_reason(tiny_config, build_tiny, variant_model):
    with pytest.raises(ConfigurationError, match="takes the mean"):
        table(build_tiny(tiny_config("averaging")), 0, 0)
    with pytest.raises(ConfigurationError, match="has no heads"):
        head_block(build_tiny(tiny_config("bigram")), 0, 0)
    if heads_shape(variant_model)[0]:
        with pytest.raises(ConfigurationError, match=r"no head 9\.1"):
            head_block(variant_model, 8, 0)
    if getattr(variant_model.config, "norm_position", "pre") == "post":
        with pytest.raises(ConfigurationError, match="post-norm"):
            output_value_table(variant_model, 0, 0, read_alone(variant_model, torch.arange(3)))
