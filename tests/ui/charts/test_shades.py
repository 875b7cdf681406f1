import numpy as np
import pytest

from ui.charts.shades import color_scale, shade_numbers
from ui.theme import DARK, LIGHT


def test_the_stops_of_a_scale_are_its_ends_and_what_lies_between():
    colors = np.frombuffer(color_scale(["#000000", "#0A141E", "#FFFFFF"]), dtype=np.uint8).reshape(
        -1, 3
    )
    assert colors.shape == (256, 3)
    assert colors[0].tolist() == [0, 0, 0]
    assert colors[255].tolist() == [255, 255, 255]
    np.testing.assert_allclose(colors[127], [10, 20, 30], atol=1)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_more_is_further_from_the_background_in_both_themes(theme):
    colors = np.frombuffer(color_scale(theme.weights), dtype=np.uint8).reshape(-1, 3)
    light = colors @ [0.299, 0.587, 0.114]
    assert (np.diff(light) * (1 if theme is DARK else -1) >= -0.6).all()


def test_values_are_placed_on_the_scale_and_none_leaves_it():
    values = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, -np.inf])
    assert shade_numbers(values, high=1.0).tolist() == [0, 0, 128, 255, 255, 0]
    assert shade_numbers(np.array([-2.0, 0.0, 2.0]), low=-2.0, high=2.0).tolist() == [0, 128, 255]


def test_a_scale_without_length_is_no_error():
    assert shade_numbers(np.zeros(2), high=0.0).tolist() == [0, 0]
