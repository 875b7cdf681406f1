import math

import pytest
import torch

from minigpt.introspection.vectors.likeness import mean_likeness, neighbours

TABLE = torch.tensor([[1.0, 0.0], [10.0, 10.0], [2.0, 0.1], [-1.0, 0.0]])


def test_a_long_vector_is_near_by_the_dot_product_and_a_parallel_one_by_the_cosine():
    assert neighbours(TABLE, 0, by="dot").ids == (1, 2, 3)
    assert neighbours(TABLE, 0, by="cosine").ids == (2, 1, 3)
    dot, scaled = (neighbours(TABLE, 0, by=one) for one in ("dot", "scaled_dot"))
    assert scaled.ids == dot.ids
    assert scaled.likeness == pytest.approx([one / math.sqrt(2) for one in dot.likeness])


def test_as_many_as_are_wanted_and_the_table_stays_as_it_is():
    before = TABLE.clone()
    assert neighbours(TABLE, 1, by="dot", most=2).ids == (2, 0)
    assert torch.equal(TABLE, before)


@pytest.mark.parametrize("by", ["dot", "cosine", "scaled_dot"])
def test_the_mean_is_that_of_all_pairs(by):
    table = torch.randn(8, 5)
    pairs = [
        {
            "dot": float(one @ other),
            "cosine": float(torch.cosine_similarity(one, other, dim=0)),
            "scaled_dot": float(one @ other) / math.sqrt(5),
        }[by]
        for i, one in enumerate(table)
        for other in table[i + 1 :]
    ]
    assert mean_likeness(table, by=by, at_once=3) == pytest.approx(
        sum(pairs) / len(pairs), abs=1e-6
    )


def test_one_vector_has_no_pair():
    assert math.isnan(mean_likeness(torch.ones(1, 3), by="dot"))
