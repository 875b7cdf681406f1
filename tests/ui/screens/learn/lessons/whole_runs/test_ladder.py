import pytest

from minigpt.models import LADDER
from tests.ui.harness import bring_ladder
from ui.charts.figures import as_html
from ui.screens.learn.lessons.whole_runs.climb import REPORTED
from ui.screens.learn.lessons.whole_runs.ladder import LESSON
from ui.theme import LIGHT

SCENE = {"corpus": "sentences"}


@pytest.fixture
def climb():
    return LESSON.step("climb")


def test_nothing_is_claimed_before_all_have_ended(climb):
    seen = climb.compute(SCENE)
    assert not climb.is_done(seen)
    shown = "".join(as_html(one, LIGHT) for one in climb.trainings.so_far(seen, "gpt>bigram"))
    assert "Your order" in shown


def test_what_came_out_is_read_from_the_runs_and_stands_beside_what_others_report(climb):
    bring_ladder("sentences")
    seen = climb.compute(SCENE)
    assert climb.is_done(seen)
    assert climb.truth(seen) == ">".join(reversed(LADDER))
    shown = "".join(as_html(one, LIGHT) for one in climb.after(seen, None))
    for reported in REPORTED.values():
        assert f"{reported.validation:.4f}" in shown
    assert "Best is GPT with a validation loss of 2.5000" in str(climb.result(seen))


def test_averaging_and_the_table_do_not_notice_an_order():
    order = LESSON.step("order")
    seen = order.compute({"letters": "the rain"})
    assert order.truth(seen) == 4
    assert "These do not: Bigram, Averaging." in str(order.result(seen))
