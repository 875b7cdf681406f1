import math

from ui.charts.receipt import Line, receipt_chart
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
