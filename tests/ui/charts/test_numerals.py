import pytest

from ui.charts.axes import step_axes
from ui.charts.loss import LossCurves, bar_chart, loss_chart, metric_chart
from ui.charts.numerals import ticks_between
from ui.charts.overlay import Line, overlay_chart
from ui.theme import LIGHT

CURVE = [(0, 3.25), (1500, 2.5), (3000, 1.125)]


@pytest.fixture
def indonesian(speak):
    speak("id")


def drawn(log=False):
    curves = LossCurves(batches=CURVE, validation=CURVE[:2])
    return loss_chart(curves, {"guess": 4.0}, LIGHT, axes=step_axes(3000, log=log))


def labels(spec, axis):
    marks = spec["series"][-1]["markLine"]["data"]
    return [mark["label"]["formatter"] for mark in marks if axis in mark]


def test_in_english_a_figure_writes_its_own_numbers():
    spec = drawn()
    assert spec["tooltip"]["valueFormatter"] == "%.4f"
    assert "color" in spec["xAxis"]["axisLabel"]
    assert spec["xAxis"]["axisLabel"]["color"] != "transparent"


def test_ticks_have_a_decimal_comma_and_points_between_thousands(indonesian):
    spec = drawn()
    assert labels(spec, "xAxis") == ["0", "500", "1.000", "1.500", "2.000", "2.500", "3.000"]
    assert "1,5" in labels(spec, "yAxis")
    assert all("." not in one for one in labels(spec, "yAxis"))
    assert spec["xAxis"]["axisLabel"]["color"] == "transparent"


def test_ticks_on_a_logarithmic_scale_are_those_of_the_scale(indonesian):
    spec = drawn(log=True)
    chosen = spec["yAxis"]["axisLabel"]["customValues"]
    assert len(labels(spec, "yAxis")) == len(chosen)


def test_what_a_tooltip_says_is_written_beforehand_and_points_stay_where_they_are(indonesian):
    spec = drawn()
    batches, validation = spec["series"][:2]
    assert [point["value"] for point in batches["data"]] == [list(point) for point in CURVE]
    told = "langkah 1.500\nloss batch terakhir  2,5000\nvalidasi  2,5000"
    assert batches["data"][1]["name"] == validation["data"][1]["name"] == told
    assert batches["data"][2]["name"] == "langkah 3.000\nloss batch terakhir  1,1250"
    assert "valueFormatter" not in spec["tooltip"]


def test_bars_and_other_charts_are_written_alike(indonesian):
    bars = bar_chart(["a", "b"], [1234.5, 2.25], "loss", LIGHT, digits=2)
    assert [bar["label"]["formatter"] for bar in bars["series"][0]["data"]] == ["1234,50", "2,25"]
    assert labels(bars, "xAxis")[:2] == ["0", "200"]
    rate = metric_chart("laju", [(0, 0.0), (10, 0.002)], LIGHT, axes=step_axes(10))
    assert "0,001" in labels(rate, "yAxis")
    line = Line(name="Emma", curve=CURVE, index=0)
    many = overlay_chart([line], LIGHT, axes=step_axes(3000), unit="loss", is_log_log=True)
    assert all(one.replace(".", "").isdigit() for one in labels(many, "xAxis"))


def test_ticks_of_a_flat_curve():
    assert ticks_between(2.0, 2.0) == [2.0]


def test_bars_end_where_it_is_said_and_else_where_the_longest_does(indonesian):
    said = bar_chart(["a"], [2.0], "%", LIGHT, digits=0, most=100.0)
    assert labels(said, "xAxis")[-1] == "100"
    assert labels(bar_chart(["a"], [2.0], "%", LIGHT, digits=0), "xAxis")[-1] == "2"
