import pytest
import torch

from minigpt.reading.reliability import Reliability
from tests.ui.harness import plain
from ui.charts.reliability import in_words, reliability_chart, still_reliability_chart
from ui.theme import LIGHT


@pytest.fixture
def bins():
    counted = Reliability.empty()
    odds = torch.tensor([[0.95, 0.05]]).repeat(40, 1)
    counted.add(odds, torch.tensor([0] * 38 + [1] * 2))
    counted.add(torch.tensor([[0.55, 0.45]]), torch.tensor([0]))
    return counted.bins()


def points(spec):
    return [one["value"] for one in spec["series"][0]["data"]]


def lines(spec):
    return [(start["coord"], end["coord"]) for start, end in spec["series"][0]["markLine"]["data"]]


def test_each_point_stands_where_the_counts_say(bins):
    spec = reliability_chart(bins, 0.5, LIGHT)
    assert points(spec) == [
        pytest.approx(one) for one in ([5, 5], [45, 0], [55, 100], [95, 95])
    ]  # fmt: skip
    for (x, _y), ends, one in zip(points(spec), lines(spec)[2:], bins, strict=True):
        low, high = one.interval
        assert ends == (pytest.approx([x, 100 * low]), pytest.approx([x, 100 * high]))


def test_points_that_rest_on_little_are_hollow_and_chance_is_drawn(bins):
    spec = reliability_chart(bins, 0.5, LIGHT)
    fills = [one["itemStyle"]["color"] for one in spec["series"][0]["data"]]
    assert [fill == LIGHT.validation_loss for fill in fills] == [True, False, False, True]
    assert lines(spec)[:2] == [([0, 0], [100, 100]), ([0, 50], [100, 50])]
    label = spec["series"][0]["markLine"]["data"][1][0]["label"]["formatter"]
    assert plain(label) == "by chance 50.0 %"


def test_the_page_to_keep_shows_the_same(bins):
    spec, still = reliability_chart(bins, 0.5, LIGHT), still_reliability_chart(bins, 0.5, LIGHT)
    kept = still.data[0]
    assert list(zip(kept.x, kept.y, strict=True)) == [tuple(one) for one in points(spec)]
    ends = zip(kept.x, kept.y, kept.error_y.array, kept.error_y.arrayminus, strict=True)
    for (x, y, up, down), (low, high) in zip(ends, lines(spec)[2:], strict=True):
        assert ([x, y - down], [x, y + up]) == (pytest.approx(low), pytest.approx(high))
    fills = [one["itemStyle"]["color"] for one in spec["series"][0]["data"]]
    assert list(kept.marker.color) == fills
    assert [shape.y1 for shape in still.layout.shapes] == [100, 50]
    assert "by chance 50.0 %" in [plain(one.text) for one in still.layout.annotations]
    assert spec["xAxis"]["name"] == still.layout.xaxis.title.text


def test_points_are_said_in_words(bins):
    assert plain(in_words(bins[0])) == "Given 0 to 10 %: 2 of 40 came, 5.0 %"
