import math

import pytest

from minigpt.errors import ConfigurationError
from minigpt.lessons.whole_runs import rungs
from minigpt.models import LADDER
from minigpt.runs.presets.small_ladder import small_ladder

MODELS = {rung: config.model for rung, config in small_ladder().items()}
TEXT = "the rain in the rain on the train " * 40


def test_a_table_has_a_number_for_each_pair():
    seen = rungs.rung_sizes(MODELS, TEXT)
    assert seen.parameters[0] == seen.vocabulary**2
    assert seen.ratio == seen.parameters[-1] / seen.parameters[0]


def test_untrained_rungs_guess_about_evenly():
    seen = rungs.first_losses(MODELS, TEXT, TEXT)
    assert seen.even == pytest.approx(math.log(seen.vocabulary))
    assert all(abs(one - seen.even) < 1.5 for one in seen.losses)
    assert seen.better == sum(one < seen.even for one in seen.losses)


def test_from_one_head_on_the_order_counts():
    seen = rungs.order_noticed(MODELS, "the rain")
    assert seen.swapped == "hte rain"
    noticed = {
        rung for rung, one in zip(seen.rungs, seen.changes, strict=True) if one > rungs.ROUNDING
    }
    assert noticed == set(LADDER) - {"bigram", "averaging"}


@pytest.mark.parametrize("typed", ["ab", "aab", "éé1"])
def test_what_cannot_be_swapped_is_refused(typed):
    with pytest.raises(ConfigurationError, match="first two differ"):
        rungs.order_noticed(MODELS, typed)
