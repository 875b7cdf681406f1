import math

from ui.charts.receipt import Line, receipt_bars_chart, receipt_chart, shares_chart
from ui.theme import LIGHT

LINES = [
    Line(name="head 3.1", share=0.5, worth=-0.25),
    Line(name="<b>", share=-1.5),
]


def test_bars_are_shares_and_diamonds_what_is_missed():
    bars, marks = receipt_chart(LINES, LIGHT).data
    assert list(bars.y) == list(marks.y) == ["head 3.1", "&lt;b>"]
    assert list(bars.x) == [0.5, -1.5]
    assert list(marks.x) == [-0.25, None]


def test_a_line_says_its_numbers_and_what_happens_without_it():
    bars, _ = receipt_chart(LINES, LIGHT).data
    assert list(bars.hovertext) == [
        "head 3.1: adds +0.500; without it the logit changes by +0.250",
        "&lt;b>: adds -1.500",
    ]
    assert math.isnan(LINES[1].worth)


def test_on_the_screen_they_say_the_same():
    spec = receipt_bars_chart(LINES, LIGHT, chosen=1)
    bars, marks = spec["series"]
    assert spec["yAxis"]["data"] == ["head 3.1", "<b>"]
    assert [one["value"] for one in bars["data"]] == [0.5, -1.5]
    assert [one["value"] for one in marks["data"]] == [[-0.25, 0]]
    assert [one["name"] for one in bars["data"]] == [
        "head 3.1: adds +0.500; without it the logit changes by +0.250",
        "<b>: adds -1.500",
    ]
    first, second = (one["itemStyle"]["color"] for one in bars["data"])
    assert first != second


def test_two_tokens_that_read_alike_have_a_row_each():
    figure = shares_chart([Line(name="“↵”", share=share) for share in (0.5, 0.3)], LIGHT)
    rows = figure.layout.yaxis
    assert len(set(figure.data[0].y)) == 2
    assert rows.tickvals == figure.data[0].y
    assert list(rows.ticktext) == ["“↵”", "“↵”"]
