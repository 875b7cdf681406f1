import itertools

import numpy as np
import pytest

from tests.ui.test_theme import contrast
from ui.charts.axes import step_axes
from ui.charts.overlay import DASHES, MOST_SYMBOLS, Line, look_of, overlay_chart
from ui.theme import DARK, LIGHT

BACKGROUNDS = {"light": (LIGHT, "#FCFBF8"), "dark": (DARK, "#16181B")}
# How light is seen: by most people, and by those who lack one of the three kinds of cones
# (Machado, Oliveira and Fernandes 2009, at full severity), as matrices on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "no green cones": np.array(
        [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]
    ),
    "no red cones": np.array(
        [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]
    ),
    "no blue cones": np.array(
        [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]
    ),
}
TO_CONES = np.array([[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]])
TO_LAB = np.array([[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]])
JUST_APART = 0.13
"""Distance in Oklab; differences of 0.02 can just be seen side by side."""


def oklab(color, eyes):
    parts = np.array([int(color[index : index + 2], 16) for index in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(eyes @ linear, 0, 1))


def line(index=0, curve=((0, 4.0), (10, 2.0)), **about):
    return Line(name=f"run {index}", curve=curve, index=index, **about)


def chart(*lines, **about):
    return overlay_chart(lines, LIGHT, axes=step_axes(10), unit="loss", **about)


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_runs_can_be_told_apart_by_every_kind_of_eyes(theme, eyes):
    colors, _ = BACKGROUNDS[theme]
    seen = [oklab(color, EYES[eyes]) for color in colors.runs]
    distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
    assert min(distances) >= JUST_APART


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_colours_of_runs_stand_out_from_the_page(theme):
    colors, background = BACKGROUNDS[theme]
    assert all(contrast(color, background) >= 3.0 for color in colors.runs)


def test_no_two_of_many_runs_look_the_same():
    count = len(LIGHT.runs) * len(DASHES)
    looks = {look_of(index, LIGHT) for index in range(count)}
    assert len(looks) == count
    assert look_of(count, LIGHT) == look_of(0, LIGHT)


def test_every_line_has_its_name_its_points_and_its_look():
    series = chart(line(0), line(1, curve=((0, 3.0), (5, 1.23456789))))["series"]
    assert [one["name"] for one in series] == ["run 0", "run 1"]
    assert series[1]["data"] == [[0, 3.0], [5, 1.23457]]
    assert [one["itemStyle"]["color"] for one in series] == list(LIGHT.runs[:2])


def test_a_faint_line_is_thinner_and_has_no_marks():
    faint, clear = chart(line(0, is_faint=True), line(0))["series"]
    assert faint["lineStyle"]["width"] < clear["lineStyle"]["width"]
    assert faint["lineStyle"]["opacity"] < 1
    assert (faint["showSymbol"], clear["showSymbol"]) == (False, True)


def test_many_points_have_no_marks():
    curve = [(step, 1.0) for step in range(MOST_SYMBOLS + 1)]
    assert not chart(line(0, curve=curve))["series"][0]["showSymbol"]


def test_the_chart_reaches_from_the_start_to_the_end():
    spec = chart(line(0))
    assert (spec["xAxis"]["min"], spec["xAxis"]["max"]) == (0, 10)
    assert spec["yAxis"]["min"] <= 2.0
    assert spec["yAxis"]["max"] >= 4.0


def test_on_a_scale_of_factors_the_start_has_no_place():
    spec = chart(line(0, curve=((0, 4.0), (2, 3.0), (10, 2.0))), is_log_log=True)
    assert spec["xAxis"]["type"] == "log"
    assert spec["xAxis"]["min"] == 2
    assert spec["series"][0]["data"] == [[2, 3.0], [10, 2.0]]


def test_without_a_point_it_is_an_empty_chart():
    assert chart(line(0, curve=()))["series"][0]["data"] == []
    assert chart()["series"] == []
    assert chart(line(0, curve=((0, 4.0),)), is_log_log=True)["series"][0]["data"] == []


def test_the_ends_of_the_vertical_axis_have_no_labels_that_crowd_the_round_ones():
    labels = chart(line())["yAxis"]["axisLabel"]
    assert not labels["showMinLabel"]
    assert not labels["showMaxLabel"]
    assert chart()["yAxis"]["axisLabel"]["showMaxLabel"]
