import pytest

from tests.ui.harness import plain
from ui.charts.figures import Bars
from ui.screens.learn.lessons.head_variants.kinds import APART, CROSS, KINDS, REVERSED


@pytest.mark.parametrize(("mask", "truth"), [("without", "same"), ("with", "changed")])
def test_only_the_mask_notices_the_order(mask, truth):
    seen = REVERSED.compute({"mask": mask})
    assert REVERSED.truth(seen) == truth
    bars = next(one for one in REVERSED.after(seen, None) if isinstance(one, Bars))
    assert ("without" in bars.title) == (mask == "without")


@pytest.mark.parametrize("token", [1, 8])
def test_every_token_of_an_encoder_looks_at_all(token):
    seen = KINDS.compute({"token": token})
    assert KINDS.truth(seen) == 8
    assert f"Token {token} now looks at 8 tokens" in plain(KINDS.told(seen, None))


@pytest.mark.parametrize("length", [1, 8, 12])
def test_a_table_of_cross_attention_has_a_column_for_each_token_of_the_other_text(length):
    assert f"8 rows, one for each token that looks, and {length} columns" in plain(
        CROSS.told(CROSS.compute({"length": length}), None)
    )


@pytest.mark.parametrize("kept", [1, 4])
def test_the_text_that_stays_hears_nothing_of_the_others(kept):
    seen = APART.compute({"kept": kept})
    assert APART.truth(seen) == "nothing"
    assert f"In text {kept}, which stayed" in plain(APART.told(seen, None))
