import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ui.charts.axes import step_axes, time_axes
from ui.charts.loss import (
    MOST_SYMBOLS,
    RAW_OPACITY,
    LossCurves,
    bar_chart,
    loss_chart,
    metric_chart,
)
from ui.theme import DARK, LIGHT

TRAIN = [(0, 4.17439), (1, 3.9), (2, 3.25)]
VALIDATION = [(0, 4.2), (2, 3.5)]
REFERENCES = {"even guess": 4.1744, "letter pairs": 2.4}
losses = st.floats(min_value=0.0, max_value=1e6)
curves = st.lists(st.tuples(st.integers(0, 10_000), losses), min_size=1, max_size=20)


def series(spec):
    return {line["name"]: line for line in spec["series"]}


def test_the_loss_chart_holds_exactly_the_numbers_passed():
    lines = series(
        loss_chart(LossCurves(batches=TRAIN, validation=VALIDATION), {}, LIGHT, axes=step_axes(10))
    )
    assert lines["last batch's loss"]["data"] == [list(point) for point in TRAIN]
    assert lines["validation"]["data"] == [list(point) for point in VALIDATION]


def test_the_training_part_is_drawn_beside_the_validation_part_and_batches_behind_them():
    judged = [(0, 4.1), (2, 3.0)]
    losses = LossCurves(batches=TRAIN, training=judged, validation=VALIDATION)
    lines = series(loss_chart(losses, {}, LIGHT, axes=step_axes(10)))
    assert lines["training"]["data"] == [list(point) for point in judged]
    assert lines["training"]["lineStyle"] == lines["validation"]["lineStyle"]
    assert lines["last batch's loss"]["lineStyle"]["opacity"] == RAW_OPACITY


@given(curves)
def test_numbers_keep_six_digits_however_small_they_are(curve):
    shown = metric_chart("learning rate", curve, LIGHT, axes=step_axes(1))["series"][0]["data"]
    assert [step for step, _ in shown] == [step for step, _ in curve]
    for (_, value), (_, exact) in zip(shown, curve, strict=True):
        assert value == pytest.approx(exact, rel=1e-5)


def test_reference_lines_stand_at_their_values_under_their_names():
    spec = loss_chart(
        LossCurves(batches=TRAIN, validation=VALIDATION), REFERENCES, LIGHT, axes=step_axes(10)
    )
    marks = series(spec)["validation"]["markLine"]
    assert marks["data"] == [
        {"name": "even guess", "yAxis": 4.1744, "label": {"show": True}},
        {"name": "letter pairs", "yAxis": 2.4, "label": {"show": True}},
    ]
    assert marks["label"]["formatter"] == "{b}"


def test_names_of_lines_that_lie_close_stand_at_both_ends():
    near = {"even guess": 4.17, "letter counts": 3.35, "letter pairs": 2.49, "triples": 2.4}
    spec = loss_chart(
        LossCurves(batches=TRAIN, validation=VALIDATION), near, LIGHT, axes=step_axes(10)
    )
    labels = {
        mark["name"]: mark["label"] for mark in series(spec)["validation"]["markLine"]["data"]
    }
    assert labels["letter pairs"] == {"show": True}
    assert labels["triples"] == {"show": True, "position": "insideStartBottom"}


@example([(0, 1.299), (9, 1.391)], [(9, 1.35)], {})
@given(curves, curves, st.dictionaries(st.sampled_from(["pairs", "triples"]), losses))
def test_nothing_lies_outside_the_range_of_the_loss(train, validation, references):
    axis = loss_chart(
        LossCurves(batches=train, validation=validation), references, LIGHT, axes=step_axes(1)
    )["yAxis"]
    shown = [value for _, value in [*train, *validation]] + list(references.values())
    assert 0 <= axis["min"] <= min(shown)
    assert max(shown) <= axis["max"]
    assert axis["min"] < axis["max"]


def test_the_range_leaves_little_room_around_the_curve():
    axis = loss_chart(
        LossCurves(batches=[(0, 4.0), (9, 2.0)], validation=[]), {}, LIGHT, axes=step_axes(9)
    )["yAxis"]
    assert (axis["min"], axis["max"]) == (1.9, 4.1)


def test_before_the_first_point_the_range_is_left_open():
    spec = loss_chart(LossCurves(batches=[], validation=[]), {}, LIGHT, axes=step_axes(10))
    assert "min" not in spec["yAxis"]
    assert [line["data"] for line in spec["series"]] == [[], []]


def test_the_axis_spans_the_whole_training_from_the_start():
    for spec in (
        loss_chart(LossCurves(batches=TRAIN, validation=[]), {}, LIGHT, axes=step_axes(600)),
        metric_chart("learning rate", TRAIN, LIGHT, axes=step_axes(600)),
    ):
        assert (spec["xAxis"]["min"], spec["xAxis"]["max"]) == (0, 600)


def test_each_loss_has_its_colour_and_both_themes_have_their_own():
    for colors in (LIGHT, DARK):
        lines = series(
            loss_chart(
                LossCurves(batches=TRAIN, validation=VALIDATION), {}, colors, axes=step_axes(10)
            )
        )
        assert lines["last batch's loss"]["itemStyle"]["color"] == colors.training_loss
        assert lines["validation"]["itemStyle"]["color"] == colors.validation_loss


def test_a_metric_chart_names_its_metric():
    spec = metric_chart("gradient length", [(1, 0.5)], LIGHT, axes=step_axes(10))
    assert spec["yAxis"]["name"] == "gradient length"
    assert spec["series"][0]["data"] == [[1, 0.5]]


def test_bars_carry_labels_and_rounded_values_in_the_order_given():
    spec = bar_chart(["␣", "e"], [17.256, 9.0], "share (%)", LIGHT, digits=1)
    assert spec["yAxis"]["data"] == ["␣", "e"]
    assert spec["yAxis"]["inverse"]
    assert [bar["value"] for bar in spec["series"][0]["data"]] == [17.3, 9.0]
    # All with the same decimals, so that they can be compared.
    assert [bar["label"]["formatter"] for bar in spec["series"][0]["data"]] == ["17.3", "9.0"]
    assert spec["xAxis"]["name"] == "share (%)"


def test_specifications_are_strict_json():
    for spec in (
        loss_chart(
            LossCurves(batches=TRAIN, validation=VALIDATION), REFERENCES, LIGHT, axes=step_axes(10)
        ),
        loss_chart(LossCurves(batches=[], validation=[]), {}, DARK, axes=step_axes(1)),
        metric_chart("learning rate", [(0, 0.0)], LIGHT, axes=step_axes(1)),
        bar_chart([], [], "loss", LIGHT, digits=4),
    ):
        assert json.loads(json.dumps(spec, allow_nan=False)) == spec


def test_equal_losses_still_span_a_range():
    axis = loss_chart(
        LossCurves(batches=[(0, 1.0), (1, 1.0)], validation=[]), {}, LIGHT, axes=step_axes(1)
    )["yAxis"]
    assert axis["min"] < 1.0 < axis["max"]
    assert math.isclose(axis["max"] - axis["min"], 0.2)


def test_smoothing_draws_its_line_over_the_faint_losses_themselves():
    smooth = [(0, 4.1), (2, 3.6)]
    lines = series(
        loss_chart(
            LossCurves(batches=TRAIN, validation=VALIDATION),
            {},
            LIGHT,
            axes=step_axes(2),
            smooth=smooth,
        )
    )
    assert lines["last batch's loss"]["data"] == [list(point) for point in TRAIN]
    assert lines["last batch's loss"]["lineStyle"]["opacity"] == RAW_OPACITY
    assert lines["last batch's loss, smoothed"]["data"] == [list(point) for point in smooth]
    plain = series(
        loss_chart(LossCurves(batches=TRAIN, validation=VALIDATION), {}, LIGHT, axes=step_axes(2))
    )
    assert plain["last batch's loss"]["lineStyle"]["opacity"] == 1.0
    assert "last batch's loss, smoothed" not in plain


def test_a_logarithmic_chart_has_round_labels_and_leaves_out_what_is_not_positive():
    axes = step_axes(9, log=True)
    spec = metric_chart("gradient length", [(0, 0.0), (1, 2.0), (9, 400.0)], LIGHT, axes=axes)
    assert spec["yAxis"]["type"] == "log"
    assert spec["yAxis"]["axisLabel"]["customValues"] == [3, 10, 30, 100, 300]
    # Of labels that are given, ECharts would take away the first and the last.
    assert {"showMinLabel", "showMaxLabel"}.isdisjoint(spec["yAxis"]["axisLabel"])
    assert spec["yAxis"]["axisLabel"]["color"] == LIGHT.reference
    assert spec["series"][0]["data"] == [[1, 2.0], [9, 400.0]]


def test_points_are_placed_in_the_unit_of_the_axis():
    spec = metric_chart("speed", [(0, 1.0), (600, 2.0)], LIGHT, axes=time_axes(600))
    assert spec["series"][0]["data"] == [[0, 1.0], [10, 2.0]]
    assert (spec["xAxis"]["name"], spec["xAxis"]["max"]) == ("time (min)", 10)


def test_both_axes_say_what_they_measure():
    spec = loss_chart(
        LossCurves(batches=TRAIN, validation=VALIDATION), {}, LIGHT, axes=step_axes(2)
    )
    assert spec["xAxis"]["name"] == "step"
    assert spec["yAxis"]["name"] == "loss (nats per token)"


def test_many_judgements_are_a_line_without_marks():
    for points, marked in ((MOST_SYMBOLS, True), (MOST_SYMBOLS + 1, False)):
        curve = [(step, 2.0) for step in range(points)]
        lines = series(
            loss_chart(
                LossCurves(batches=TRAIN, validation=curve), {}, LIGHT, axes=step_axes(points)
            )
        )
        assert lines["validation"]["showSymbol"] is marked


@pytest.mark.parametrize(("digits", "words"), [(1, "< 0.1"), (3, "< 0.001"), (0, "< 1")])
def test_a_bar_too_short_for_a_number_is_not_called_zero(digits, words):
    least = 10.0**-digits
    spec = bar_chart(["a", "b", "c"], [least, least / 10, 0.0], "%", LIGHT, digits=digits)
    whole, small, nothing = spec["series"][0]["data"]
    assert (whole["value"], nothing["value"]) == (least, 0)
    assert small == {"value": 0, "label": {"formatter": words}}
