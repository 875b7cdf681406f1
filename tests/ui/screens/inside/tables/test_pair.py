import numpy as np
import pytest
import torch

from minigpt.introspection.attribution.receipt import Part
from ui.screens.inside.tables.head import weight_shares
from ui.screens.inside.tables.pair import choose_part, following_table, largest_part
from ui.services.inside.token_pairs import NextTokenExplanation

HEAD, FED = Part(kind="head", layer=1, head=0), Part(kind="feed_forward", layer=0)


def test_most_comes_from_the_part_that_adds_most_and_not_from_what_takes_away():
    found = NextTokenExplanation(
        parts=(HEAD, FED), shares=(-3.0, 2.0), odds=0.5, without=(0.6, 0.1), counted=None
    )
    assert largest_part(found) == FED


def test_all_parts_can_be_saved_with_what_would_be_without_each_that_was_tried():
    parts = (HEAD, FED, Part(kind="offset"))
    found = NextTokenExplanation(
        parts=parts, shares=(1.0, 2.0, 0.5), odds=0.5, without=(0.4, 0.1), counted=None
    )
    table = following_table(found, "u")
    assert list(table["adds itself"]) == [1.0, 2.0, 0.5]
    assert list(table["“u” comes next without it (%)"][:2]) == [40.0, 10.0]
    assert table.isna().sum().sum() == 1


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (HEAD, {"layer": 2, "head": 1}),
        (FED, {"layer": 1, "section": "neurons"}),
        (Part(kind="position"), {"part": "position", "section": "receipt"}),
    ],
)
def test_each_kind_of_part_is_shown_where_it_can_be_looked_at(part, expected, address):
    choose_part(part)
    assert address == {name: str(value) for name, value in expected.items()}


def test_shares_of_the_weight_are_a_softmax_however_large_scores_are():
    scores = np.array([1000.0, 999.0, 3.0], dtype=np.float32)
    np.testing.assert_allclose(weight_shares(scores), torch.tensor(scores).softmax(-1), atol=1e-6)
