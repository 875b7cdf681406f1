import pytest
import torch

from minigpt.reading.reliability import Reliability
from tests.ui.harness import plain
from ui.charts.reliability import in_words, reliability_chart
from ui.theme import LIGHT


@pytest.fixture
def bins():
    counted = Reliability.empty()
    odds = torch.tensor([[0.95, 0.05]]).repeat(40, 1)
    counted.add(odds, torch.tensor([0] * 38 + [1] * 2))
    counted.add(torch.tensor([[0.55, 0.45]]), torch.tensor([0]))
    return counted.bins()


def test_each_point_stands_where_the_counts_say(bins):
    points = reliability_chart(bins, 0.5, LIGHT).data[0]
    assert list(points.x) == pytest.approx([5, 45, 55, 95])
    assert list(points.y) == pytest.approx([5, 0, 100, 95])
    for y, up, down, one in zip(
        points.y, points.error_y.array, points.error_y.arrayminus, bins, strict=True
    ):
        low, high = one.interval
        assert (y - down, y + up) == (pytest.approx(100 * low), pytest.approx(100 * high))


def test_points_that_rest_on_little_are_hollow_and_chance_is_drawn(bins):
    figure = reliability_chart(bins, 0.5, LIGHT)
    filled = [color == LIGHT.validation_loss for color in figure.data[0].marker.color]
    assert filled == [True, False, False, True]
    assert [shape.y1 for shape in figure.layout.shapes] == [100, 50]
    assert "by chance 50.0 %" in [plain(one.text) for one in figure.layout.annotations]


def test_points_are_said_in_words(bins):
    assert plain(in_words(bins[0])) == "Given 0 to 10 %: 2 of 40 came, 5.0 %"
