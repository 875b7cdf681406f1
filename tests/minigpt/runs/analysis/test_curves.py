import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.runs.analysis.curves import (
    Crossing,
    Smoother,
    ThinCurve,
    crossings,
    on_axis,
    same_within,
)

values = st.floats(min_value=-1e6, max_value=1e6)
series = st.lists(values, min_size=1, max_size=80)
weights = st.floats(min_value=0.0, max_value=0.999)


def fed(points, most):
    thin = ThinCurve(most)
    for point in points:
        thin.add(point)
    return thin


def thinned(points, most):
    """What a thin curve keeps, computed at once from all the points."""
    buckets, size = max(1, most // 2), 1
    while len(points) > buckets * size:
        size *= 2
    kept = []
    for start in range(0, len(points), size):
        bucket = points[start : start + size]
        ends = min(bucket, key=lambda point: point[1]), max(bucket, key=lambda point: point[1])
        kept.extend(sorted(set(ends)))
    return kept if kept[-1] == points[-1] else [*kept, points[-1]]


def averages(values, weight):
    smoother = Smoother(weight)
    return [smoother.add(value) for value in values]


@given(series, st.integers(1, 40))
def test_a_thin_curve_is_at_every_moment_what_thinning_all_its_points_would_give(values, most):
    thin, points = ThinCurve(most), []
    for step, value in enumerate(values):
        points.append((step, value))
        thin.add((step, value))
        assert list(thin.points()) == thinned(points, most)


@given(series)
def test_a_short_curve_is_left_as_it_is(values):
    points = list(enumerate(values))
    assert list(fed(points, 2 * len(points)).points()) == points


@given(series, values, st.integers(2, 40))
def test_what_is_drawn_stays_where_it_is_when_a_point_is_appended(values, newest, most):
    before = ThinCurve(most)
    for step, value in enumerate(values):
        before.add((step, value))
    size = before._size
    drawn = before.points()
    before.add((len(values), newest))
    if before._size == size:
        # The newest point and its own bucket may change, nothing before them.
        settled = [point for point in drawn if point[0] < (len(values) - 1) // size * size]
        assert list(before.points()[: len(settled)]) == settled


@given(series, st.integers(2, 40))
def test_a_thin_curve_keeps_peaks_dips_and_the_newest_point_in_order(values, most):
    points = list(enumerate(values))
    kept = fed(points, most).points()
    assert len(kept) <= most + 1
    assert set(kept) <= set(points)
    assert kept[-1] == points[-1]
    assert min(value for _, value in kept) == min(values)
    assert max(value for _, value in kept) == max(values)
    assert [step for step, _ in kept] == sorted({step for step, _ in kept})


def test_an_empty_curve_has_no_points():
    assert list(ThinCurve(10).points()) == []


@given(series, weights)
def test_an_average_stays_within_what_it_has_seen(values, weight):
    for number, average in enumerate(averages(values, weight), start=1):
        seen = values[:number]
        assert min(seen) - 1e-6 <= average <= max(seen) + 1e-6


@given(values, weights, st.integers(1, 50))
def test_the_average_of_what_never_changes_never_changes(value, weight, length):
    assert averages([value] * length, weight) == pytest.approx([value] * length)


def test_an_average_weighs_each_value_less_than_the_one_after_it():
    # After two values the weights are 0.8 : 1, after three 0.64 : 0.8 : 1.
    expected = [1.0, (0.8 * 1 + 4) / 1.8, (0.64 * 1 + 0.8 * 4 + 7) / 2.44]
    assert averages([1.0, 4.0, 7.0], 0.8) == pytest.approx(expected)


def test_without_weight_on_the_past_nothing_is_smoothed():
    assert averages([1.0, -4.0, 7.5], 0.0) == [1.0, -4.0, 7.5]


CLOCK = [(0, 0.0), (10, 5.0), (20, 25.0)]


def test_a_curve_is_moved_to_the_times_of_its_steps():
    assert on_axis([(0, 4.0), (10, 3.0), (20, 2.0)], CLOCK) == [(0.0, 4.0), (5.0, 3.0), (25.0, 2.0)]


def test_between_known_steps_time_runs_evenly():
    assert on_axis([(5, 1.0), (15, 1.0)], CLOCK) == [(2.5, 1.0), (15.0, 1.0)]


def test_beyond_what_the_clock_knows_its_ends_hold():
    assert on_axis([(-3, 1.0), (99, 1.0)], CLOCK) == [(0.0, 1.0), (25.0, 1.0)]


def test_without_a_clock_a_curve_stays_over_its_steps():
    assert on_axis([(5, 1.0)], []) == [(5, 1.0)]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.lists(st.integers(0, 40)))
def test_time_never_runs_backwards(times, steps):
    clock = list(enumerate(sorted(times)))
    moved = [place for place, _ in on_axis([(step, 0.0) for step in sorted(steps)], clock)]
    assert all(later - earlier >= -1e-6 for earlier, later in pairwise(moved))


CURVE = [(0, 4.0), (10, 3.0), (20, 3.5), (30, 2.0)]


def test_a_crossing_is_the_first_time_below():
    assert crossings(CURVE, {"letters": 3.2}) == [Crossing(name="letters", value=3.2, step=10)]


def test_equal_is_not_yet_better():
    assert [one.step for one in crossings(CURVE, {"exact": 3.0})] == [30]


def test_an_untrained_model_beats_nobody():
    assert crossings([(0, 4.16), (10, 4.17)], {"even": 4.1744}) == []
    assert [one.step for one in crossings([(0, 3.0), (10, 2.5)], {"even": 4.1744})] == [10]


def test_chance_beats_nobody():
    curve = [(0, 4.2), (10, 2.04), (20, 2.03), (30, 2.02)]
    assert [one.step for one in crossings(curve, {"triples": 2.0492})] == [30]
    assert same_within(2.0) == 0.02
    assert same_within(10.0) == 0.1


def test_what_was_never_beaten_is_no_crossing():
    assert crossings(CURVE, {"triples": 2.0}) == []
    assert crossings([], {"triples": 2.0}) == []
    assert crossings(CURVE, {}) == []


def test_of_several_crossings_the_hardest_is_the_newest():
    found = crossings(CURVE, {"triples": 2.1, "pairs": 3.1, "even": 3.9})
    assert [(one.name, one.step) for one in found] == [("even", 10), ("pairs", 10), ("triples", 30)]


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=60), st.floats(0.1, 10))
def test_the_lows_of_a_curve_tell_its_crossings(losses, reference):
    curve = list(enumerate(losses, start=1))  # what stood at step 0 was not learnt
    lows = [
        point for place, point in enumerate(curve) if point[1] < min([math.inf, *losses[:place]])
    ]
    assert crossings(lows, {"it": reference}) == crossings(curve, {"it": reference})
