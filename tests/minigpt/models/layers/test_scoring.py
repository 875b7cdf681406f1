import math

import pytest
import torch

from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig
from minigpt.models.layers.scoring import SCORINGS, Row, row_at, scores_by


@pytest.mark.parametrize("scoring", ["dot", "scaled_dot"])
def test_a_model_that_scores_like_that_gives_these_weights(build_tiny, random_tokens, scoring):
    config = GPTConfig(
        context_length=8, width=16, num_layers=2, num_heads=2, attention_score=scoring
    )
    seen = trace(build_tiny(config), random_tokens(1)).layers[1]
    query, keys = seen.queries[0, 1, 5], seen.keys[0, 1, :6]
    scores = scores_by(scoring, query, keys)
    torch.testing.assert_close(scores, seen.scores[0, 1, 5, :6])
    torch.testing.assert_close(row_at(scores, 1.0).weights, seen.weights[0, 1, 5, :6])


def test_cosines_do_not_depend_on_length():
    query, keys = torch.randn(4), torch.randn(3, 4)
    found = scores_by("cosine", query, keys)
    torch.testing.assert_close(scores_by("cosine", 5 * query, 0.1 * keys), found)
    assert (found.abs() <= 1 + 1e-6).all()
    expected = torch.nn.functional.cosine_similarity(query[None], keys)
    torch.testing.assert_close(found, expected)


def test_the_root_of_the_size_is_all_between_the_dot_products():
    query, keys = torch.randn(9), torch.randn(3, 9)
    torch.testing.assert_close(
        scores_by("dot", query, keys), 3 * scores_by("scaled_dot", query, keys)
    )


def test_of_a_vector_of_zeros_every_score_is_zero():
    for scoring in SCORINGS:
        assert not scores_by(scoring, torch.zeros(4), torch.randn(3, 4)).any()


def test_at_scale_zero_a_row_is_the_mean_of_the_past():
    row = row_at(torch.tensor([3.0, -5.0, 9.0, 0.0]), 0.0)
    torch.testing.assert_close(row.weights, torch.full((4,), 0.25))
    assert row.tokens == pytest.approx(4)
    assert row.slope == pytest.approx(0.25 * 0.75)


def test_a_large_scale_saturates():
    products = torch.tensor([3.0, -5.0, 9.0, 0.0])
    rows = [row_at(products, scale) for scale in (0.0, 0.25, 1.0, 4.0)]
    spread = [row.tokens for row in rows]
    assert spread == sorted(spread, reverse=True)
    assert rows[-1].tokens == pytest.approx(1, abs=1e-6)
    assert rows[-1].slope == pytest.approx(0, abs=1e-6)


def test_the_slope_is_the_derivative_of_the_largest_share():
    scores = torch.tensor([0.3, 1.2, -0.4], dtype=torch.float64, requires_grad=True)
    weights = scores.softmax(-1)
    weights.max().backward()
    assert Row(weights=weights.detach()).slope == pytest.approx(float(scores.grad[1]))
    assert math.isclose(Row(weights=torch.tensor([0.5, 0.5])).slope, 0.25)
