import pytest

from minigpt.lessons.whole_gpt.layer_norm import normalise_sample


def test_a_lecture_s_figures_come_out():
    seen = normalise_sample("lecture")
    assert seen.column_mean == pytest.approx(0.1469, abs=5e-5)
    assert seen.column_std == pytest.approx(0.8803, abs=5e-5)
    assert seen.row_mean == pytest.approx(0, abs=1e-6)
    assert seen.row_std == pytest.approx(1, abs=1e-4)


def test_our_layer_divides_by_the_deviation_as_it_is():
    seen = normalise_sample("layer")
    assert seen.row_std == pytest.approx((100 / 99) ** 0.5, abs=1e-4)
    assert seen.column_std == pytest.approx(0.8803 * (100 / 99) ** 0.5, abs=1e-4)


def test_over_columns_it_is_the_column_that_comes_out_even():
    seen = normalise_sample("columns")
    assert seen.column_mean == pytest.approx(0, abs=1e-6)
    assert abs(seen.row_mean) > 1e-3
