import pytest

from minigpt.lessons.playing.fine_tuning import FinishedTuning
from minigpt.lessons.playing.tuned import Rates, RehearsalComparison
from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig
from tests.ui.harness import bring_demos
from ui.screens.learn.lessons.playing.tuning import FALLS, FORGETTING, RISES, STAYS
from ui.screens.learn.lessons.playing.tuning_rates import MOST, NOTHING, REHEARSAL, SOME, SPEED


def a_tuning(own_end, *, unread=0):
    return FinishedTuning(
        learnt=((0, 2.0), (4, 1.0)), rest=((0, 2.0), (4, 1.5)), own=((0, 1.5), (4, own_end)),
        unread=unread, model=build_model(BigramConfig(), vocabulary_size=2),
    )  # fmt: skip


@pytest.mark.parametrize(("end", "course"), [(2.0, RISES), (1.51, STAYS), (1.3, FALLS)])
def test_what_is_forgotten_is_measured(end, course):
    assert FORGETTING.truth(a_tuning(end)) == course


def test_what_the_model_does_not_know_is_told():
    bring_demos()
    assert "Left out" not in FORGETTING.told(a_tuning(2.0), None)
    assert "Left out, because the model does not know them: 3 of the characters" in (
        FORGETTING.told(a_tuning(2.0, unread=3), None)
    )


@pytest.mark.parametrize(("end", "saved"), [(2.5, NOTHING), (2.0, SOME), (1.55, MOST)])
def test_what_rehearsal_prevents_is_measured(end, saved):
    seen = RehearsalComparison(alone=a_tuning(2.5), beside=a_tuning(end))
    assert REHEARSAL.truth(seen) == saved


def test_where_nothing_was_forgotten_nothing_could_be_prevented():
    assert RehearsalComparison(alone=a_tuning(1.4), beside=a_tuning(1.5)).kept == 0


def test_the_best_rate_is_the_one_that_ends_lowest():
    seen = Rates(
        rates=(0.1, 0.2, 0.3, 0.4),
        rest=(3.0, 1.0, 2.0, 4.0),
        own=(1.0, 2.0, 3.0, 4.0),
        before=(2.0, 1.0),
    )
    assert SPEED.truth(seen) == "usual"
    assert "With a thousandth it ends lowest, at 1.00" in SPEED.told(seen, None)
