import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ui.charts.axes import (
    Axes,
    log_ticks,
    positive_points,
    readable_labels,
    round_stops,
    spans_widely,
    step_axes,
    time_axes,
    token_axes,
    value_range,
)

losses = st.floats(min_value=0.0, max_value=1e6)
heights = st.floats(min_value=1e-6, max_value=1e12)


@pytest.mark.parametrize(
    ("axes", "name", "end"),
    [
        (step_axes(600), "step", 600),
        (step_axes(0), "step", 1),
        (time_axes(90.0), "time (s)", 90),
        (time_axes(600.0), "time (min)", 10),
        (time_axes(36_000.0), "time (h)", 10),
        (time_axes(864_000.0), "time (d)", 10),
        (time_axes(0.0), "time (s)", 1),
        (token_axes(5000), "tokens", 5000),
        (token_axes(2_048_000), "thousand tokens", 2048),
        (token_axes(5e8), "million tokens", 500),
        (token_axes(5e11), "billion tokens", 500),
    ],
)
def test_an_axis_names_its_unit_and_ends_where_the_numbers_do(axes, name, end):
    assert (axes.name, axes.end) == (name, end)


@given(st.floats(1.0, 1e9))
def test_the_last_number_lies_at_the_end_of_its_axis(last):
    for axes in (time_axes(last), token_axes(last)):
        assert axes.coordinate(last) == pytest.approx(axes.end, rel=1e-5)


def test_steps_stay_whole_numbers():
    assert repr(step_axes(5).coordinate(3)) == "3"


@given(st.lists(losses, min_size=1))
def test_nothing_lies_outside_an_even_range(values):
    layout = value_range(values, log=False)
    assert 0 <= layout["min"] <= min(values)
    assert max(values) <= layout["max"]
    assert layout["min"] < layout["max"]


@given(st.lists(heights, min_size=1))
def test_nothing_lies_outside_a_logarithmic_range(values):
    layout = value_range(values, log=True)
    assert layout["type"] == "log"
    assert 0 < layout["min"] <= min(values)
    assert max(values) <= layout["max"]


def test_a_logarithmic_range_leaves_out_what_has_no_place_on_it():
    assert value_range([0.0, -1.0], log=True) == {}
    assert value_range([0.0, 2.0], log=True)["min"] > 1.9
    assert positive_points([(0, 0.0), (1, 2.0), (2, -3.0)]) == [(1, 2.0)]


def test_without_values_the_range_is_left_open():
    assert value_range([], log=False) == {}


@given(heights, st.floats(1.001, 1e12))
def test_ticks_lie_between_the_ends_in_order(low, factor):
    ticks = log_ticks(low, low * factor)
    assert ticks == sorted(set(ticks))
    assert all(low <= tick <= low * factor for tick in ticks)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1.6, 4.4, [2, 2.5, 3, 4]),
        (1, 1e4, [1, 10, 100, 1000, 10_000]),
        (0.01, 0.5, [0.01, 0.03, 0.1, 0.3]),
        (0.01, 0.2, [0.01, 0.02, 0.05, 0.1, 0.2]),
    ],
)
def test_ticks_are_round_and_neither_few_nor_many(low, high, ticks):
    assert log_ticks(low, high) == ticks


def test_a_huge_span_still_has_few_ticks():
    assert 4 <= len(log_ticks(1e-3, 1e30)) <= 12


def test_a_curve_spans_widely_by_its_factors_and_not_by_its_differences():
    assert spans_widely([(0, 1.0), (1, 1000.0)])
    assert not spans_widely([(0, 1000.0), (1, 1900.0)])
    assert not spans_widely([(0, 0.0), (1, 2.0)])
    assert not spans_widely([])


def test_labels_of_lines_that_lie_close_are_left_out():
    lines = {"low": 1.0, "near": 1.01, "high": 3.0}
    assert readable_labels(lines, [0.0, 4.0], log=False) == {"near", "high"}
    assert readable_labels(lines, [0.0, 100.0], log=False) == {"high"}
    assert readable_labels(lines, [1.0, 1.02, 3.0], log=False) == {"near", "high"}


@given(st.dictionaries(st.text(max_size=3), heights, max_size=5), st.booleans())
def test_labels_that_are_shown_stand_apart(lines, log):
    assume(lines)
    values = list(lines.values())
    shown = readable_labels(lines, values, log=log)
    assert max(lines, key=lambda name: (lines[name], name in shown)) in shown
    if len(set(values)) > 1:
        assert len({lines[name] for name in shown}) == len(shown)


def test_axes_are_even_unless_asked():
    assert not Axes(end=1).log
    assert step_axes(5, log=True).log


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6))
def test_round_marks_are_few_and_lie_between_the_ends(low, span):
    assume(low + span - low > 1e-9 * max(1.0, abs(low)))
    marks = round_stops(low, low + span)
    assert 1 <= len(marks) <= 5
    assert marks == sorted(set(marks))
    assert low - 1e-6 * span - 1e-9 <= marks[0]
    assert marks[-1] <= low + span + 1e-6 * span + 1e-9
