import pytest

from ui.charts.film import StepLine, film_chart, kept_steps_chart, shades_of_one
from ui.theme import DARK, LIGHT

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


def test_lines_over_kept_steps_are_the_numbers_they_were_given():
    lines = [
        StepLine(name="pairs", values=[4.0, 0.5, 0.25], color="#111111"),
        StepLine(name="even", values=[0.0625, 1.0, 2.0], color="#222222", level=1.5),
    ]
    spec = kept_steps_chart("distance", lines, STEPS[:3], 1, LIGHT, form=".2f", is_log=True)
    assert spec["xAxis"]["data"] == ["0", "1", "100"]
    pairs, even, here = spec["series"]
    assert [point["value"] for point in pairs["data"]] == [[0, 4.0], [1, 0.5], [2, 0.25]]
    assert "markLine" not in pairs
    assert even["markLine"]["data"] == [{"yAxis": 1.5}]
    assert here["markLine"]["data"] == [{"xAxis": 1}]
    assert pairs["data"][2]["name"] == "Step 100\npairs  0.25\neven  2.00"
    assert spec["yAxis"]["type"] == "log"
    assert spec["yAxis"]["min"] < 0.0625
    assert "showMinLabel" not in spec["yAxis"]["axisLabel"]  # its ticks are round numbers


def test_a_step_that_is_not_among_them_has_no_line():
    line = StepLine(name="pairs", values=[4.0, 0.5], color="#111111")
    spec = kept_steps_chart("distance", [line], [0, 1], 7, LIGHT)
    assert len(spec["series"]) == 1
    assert spec["yAxis"]["min"] == 0


def test_what_lies_below_zero_is_not_cut_off():
    line = StepLine(name="cosine", values=[0.1, -0.1], color="#111111")
    assert "min" not in kept_steps_chart("cosine", [line], [0, 1], 1, LIGHT)["yAxis"]


def test_on_a_telephone_long_names_have_room_above_the_lines():
    def top(*names):
        lines = [StepLine(name=name, values=[1.0], color="#111111") for name in names]
        return kept_steps_chart("share", lines, [0], 0, LIGHT)["grid"]["top"]

    assert top("short", "names") < top("a name that is long", "and another one of these", "third")


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_shades_run_through_the_visible_part_of_the_scale(colors):
    shades = shades_of_one(colors, 5)
    assert (shades[0], shades[-1]) == (colors.weights[3], colors.weights[-1])
    assert len(set(shades)) == 5
