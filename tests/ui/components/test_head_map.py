import numpy as np
import pytest

from tests.ui.harness import map_values, part
from ui.components.head_map import Scale
from ui.theme import LIGHT


def show(values, low, high, causal=True, clipped=False):
    import numpy as np

    from ui.components.head_map import Scale, head_map

    head_map(
        np.array(values),
        ["a", "\n"],
        ["a", "\n"],
        key="map",
        label="A map",
        scale=Scale(low=low, high=high, unit="share", clipped=clipped),
        causal=causal,
        chosen=(1, 0),
        group="g",
        file="map",
        on_choose=print,
    )


def test_the_numbers_are_sent_as_they_are(draw):
    values = [[1.0, 0.0], [0.123456789, 0.876543211]]
    data = part(draw(show, values=values, low=0.0, high=1.0), "map")
    np.testing.assert_array_equal(map_values(data), np.array(values, dtype=np.float32))
    assert data["rows"] == data["columns"] == ["a", "↵"]
    assert (data["low"], data["high"], data["causal"], data["chosen"]) == (0.0, 1.0, True, [1, 0])


@pytest.mark.parametrize(("clipped", "words"), [(False, "0.25"), (True, "0.25 and more")])
def test_a_scale_that_does_not_hold_all_says_so(draw, clipped, words):
    data = part(draw(show, values=[[1, 0], [0.5, 0.5]], low=0.0, high=0.25, clipped=clipped), "map")
    assert data["words"]["high"] == words


def test_numbers_below_zero_have_colours_of_their_own():
    assert Scale(low=0.0, high=1.0, unit="").colors == LIGHT.weights
    assert Scale(low=-1.0, high=1.0, unit="").colors == LIGHT.differences
