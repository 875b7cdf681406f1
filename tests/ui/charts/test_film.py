import pytest

from ui.charts.film import film_chart
from ui.theme import LIGHT

CURVE = [(0, 4.0), (50, 3.0), (100, 2.0), (250, 1.5)]
STEPS = [0, 1, 100, 200]


def test_kept_steps_are_at_even_distances_and_what_was_measured_lies_between():
    line, marks = film_chart(CURVE, STEPS, 100, LIGHT)["series"]
    assert [mark["value"][0] for mark in marks["data"]] == [0, 1, 2, 3]
    places, losses = zip(*(point["value"] for point in line["data"]), strict=True)
    assert losses == (4.0, 3.0, 2.0)  # nothing is kept of what came after step 200
    assert places == pytest.approx((0, 1 + 49 / 99, 2), abs=1e-4)


def test_the_step_looked_at_is_marked():
    _line, marks = film_chart(CURVE, STEPS, 100, LIGHT)["series"]
    filled = [mark["itemStyle"]["color"] == LIGHT.validation_loss for mark in marks["data"]]
    assert filled == [False, False, True, False]
    assert marks["markLine"]["data"] == [{"xAxis": 2}]


def test_a_run_that_was_never_judged_has_marks_all_the_same():
    line, marks = film_chart([], [0, 20], 0, LIGHT)["series"]
    assert line["data"] == []
    assert len(marks["data"]) == 2
