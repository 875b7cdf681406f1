import pytest
import torch

from minigpt.lessons.averages import averaging_weights, lost_order, small_product, three_ways


def test_the_lectures_triangle_and_its_product():
    seen = small_product()
    assert seen.a.tolist() == [
        pytest.approx([1, 0, 0]), pytest.approx([1 / 2, 1 / 2, 0]), pytest.approx([1 / 3] * 3),
    ]  # fmt: skip
    assert seen.b.tolist() == [[2, 7], [6, 4], [6, 5]]
    assert seen.c.tolist() == [
        pytest.approx([2, 7]), pytest.approx([4, 5.5]), pytest.approx([4.6667, 5.3333], abs=1e-4),
    ]  # fmt: skip


def test_three_ways_differ_by_rounding_alone():
    as_usual, in_millionths = three_ways(), three_ways(0.0, 1e-6)
    assert not as_usual.close
    assert as_usual.allowed < as_usual.difference < 1e-7
    assert in_millionths.close
    assert in_millionths.difference < in_millionths.allowed == pytest.approx(1e-6)
    assert not three_ways(0.0, 1e-8).close


def test_an_average_forgets_the_order():
    seen = lost_order("attention")
    assert sorted(seen.shuffled) == sorted("attention")
    assert seen.shuffled != "attention"
    torch.testing.assert_close(seen.average, seen.average_shuffled)
    torch.testing.assert_close(seen.weights, averaging_weights(9))
