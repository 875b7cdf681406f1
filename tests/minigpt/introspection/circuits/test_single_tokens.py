import torch

from minigpt.introspection.circuits.single_tokens import is_exact, position_kind, read_alone
from minigpt.introspection.trace import trace
from tests.conftest import TINY_VOCABULARY

NEAR = {"atol": 1e-5, "rtol": 1e-5}


def test_each_token_is_read_as_a_text_of_its_own(variant_model):
    tokens = torch.arange(TINY_VOCABULARY)
    found = read_alone(variant_model, tokens)
    for token in (0, 7, 23):
        seen = trace(variant_model, torch.tensor([[token]]))
        torch.testing.assert_close(found.before(0)[token], seen.embedded[0, 0], **NEAR)
        for layer, one in enumerate(seen.layers):
            torch.testing.assert_close(
                found.before(layer)[token], one.residual_before[0, 0], **NEAR
            )
            torch.testing.assert_close(found.final[token], seen.layers[-1].residual_after[0, 0])


def test_where_a_token_stands_counts_only_where_a_vector_says_so(variant_model):
    tokens = torch.arange(TINY_VOCABULARY)
    first, later = (read_alone(variant_model, tokens, torch.full_like(tokens, at)) for at in (0, 5))
    changed = not torch.allclose(first.final, later.final, **NEAR)
    assert changed == (position_kind(variant_model) == "added")


def test_how_a_model_knows_where_a_token_stands(variant_model, variant):
    asked = getattr(variant, "position", None)
    if asked is not None:
        expected = {"rotary": "rotary", "none": "none"}.get(asked, "added")
        assert position_kind(variant_model) == expected


def test_only_the_first_layer_of_a_model_without_n_grams_is_exact(variant_model, variant):
    assert is_exact(variant_model, 0) == (getattr(variant, "ngram_order", 1) == 1)
    assert not is_exact(variant_model, 1)
