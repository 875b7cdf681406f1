"""What holds for every figure: each axis says what it is, whatever the labels look like.

Without a word from us Plotly and ECharts guess from the data, and take digits for numbers.
"""

import ast
import dataclasses
from pathlib import Path

import pytest

from minigpt.reading.reliability import Bin
from ui.charts.axes import step_axes
from ui.charts.film import StepLine, film_chart, kept_steps_chart
from ui.charts.heads import HeadBar, looks_chart, silenced_chart
from ui.charts.loss import (
    LossCurves,
    ScoreLine,
    ShareLine,
    bar_chart,
    loss_chart,
    metric_chart,
    scores_chart,
    share_chart,
)
from ui.charts.overlay import Line, overlay_chart
from ui.charts.receipt import Line as ReceiptLine
from ui.charts.receipt import receipt_bars_chart, receipt_chart, shares_chart
from ui.charts.reliability import reliability_chart, still_reliability_chart
from ui.charts.row import row_chart
from ui.charts.vectors.bars import neighbours_chart
from ui.charts.vectors.token_map import Frame, Placed, token_map_chart
from ui.theme import FIGURE_TEXT_PIXELS, LIGHT, PROJECTOR_TEXT_PIXELS

CHARTS = Path(__file__).parents[3] / "ui" / "charts"
KINDS = {"category", "value", "log", "linear"}
CURVE = [(0.0, 4.0), (10.0, 2.0)]
BINS = [Bin(low=0.2, high=0.4, predictions=50, came=20, mean=0.3)]
DIGITS = list("12+34=46")


def plotly_figures(colors):
    bars = [HeadBar(name=name, value=0.1, half_width=0.05) for name in ("1.1", "1.10", "2.2")]
    return {
        "looks_chart": looks_chart(bars, 0.25, colors),
        "silenced_chart": silenced_chart(bars, colors),
        "receipt_chart": receipt_chart([ReceiptLine(name="1.10", share=0.1)], colors),
        "shares_chart": shares_chart([ReceiptLine(name="1.10", share=-0.1)], colors),
        "still_reliability_chart": still_reliability_chart(BINS, 0.1, colors),
    }


OF_NAMES = ("looks_chart", "receipt_chart", "shares_chart", "silenced_chart")
STILL = (*OF_NAMES, "still_reliability_chart")


def plotly_axes(figure):
    return [figure.layout.xaxis, figure.layout.yaxis]


def every_size_of_text(value, name=""):
    """The pixels of all text in a specification, and None for text that leaves it to ECharts."""
    if isinstance(value, dict):
        if name in ("axisLabel", "nameTextStyle", "textStyle") and value.get("show", True):
            yield value.get("fontSize")
        for key, part in value.items():
            yield from every_size_of_text(part, key)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from every_size_of_text(part)
    elif name == "fontSize":
        yield value


def echarts_axes(specification):
    return [specification["xAxis"], specification["yAxis"]]


def overlay(colors, *, is_log_log):
    lines = [Line(name="1", curve=CURVE, index=0)]
    axes = step_axes(10, log=is_log_log)
    return overlay_chart(lines, colors, axes=axes, unit="", is_log_log=is_log_log)


def losses(colors, *, log):
    curves = LossCurves(batches=CURVE, training=CURVE, validation=CURVE)
    return loss_chart(curves, {"guess": 3.0}, colors, axes=step_axes(10, log=log))


def shares(colors):
    lines = [ShareLine(name="1", curve=[(0, 0.1), (10, 0.9)], is_main=True)]
    return share_chart("share", lines, 0.5, colors, axes=step_axes(10))


def scores(colors):
    lines = [ScoreLine(name="1", curve=[(0, 0.1), (10, 0.3)], chance=0.2)]
    return scores_chart("share", lines, colors, axes=step_axes(10))


def kept_steps(colors):
    lines = [StepLine(name="1", values=[1.0, 0.5], color="#000000", level=0.2)]
    return kept_steps_chart("share", lines, [0, 10], 10, colors)


def token_map(colors):
    tokens = [Placed(label=one, x=at, y=-at) for at, one in enumerate("12+")]
    frame = Frame(left=0, right=3, low=-3, high=0)
    return token_map_chart(tokens, frame, (0.3, 0.2), colors, chosen=0, near=[1])


def receipt_bars(colors):
    lines = [ReceiptLine(name="1.10", share=0.1, worth=-0.2), ReceiptLine(name="1.1", share=-0.1)]
    return receipt_bars_chart(lines, colors, chosen=0)


ECHARTS = {
    "bar_chart": lambda colors: [bar_chart(DIGITS, [1.0] * 8, "%", colors, digits=1)],
    "film_chart": lambda colors: [film_chart(CURVE, [0, 10], 0, colors)],
    "kept_steps_chart": lambda colors: [kept_steps(colors)],
    "loss_chart": lambda colors: [losses(colors, log=log) for log in (False, True)],
    "metric_chart": lambda colors: [metric_chart("1", CURVE, colors, axes=step_axes(10))],
    "neighbours_chart": lambda colors: [neighbours_chart(DIGITS, [1.0] * 8, 0.5, "%", colors)],
    "overlay_chart": lambda colors: [overlay(colors, is_log_log=log) for log in (False, True)],
    "receipt_bars_chart": lambda colors: [receipt_bars(colors)],
    "reliability_chart": lambda colors: [reliability_chart(BINS, 0.1, colors)],
    "row_chart": lambda colors: [row_chart(DIGITS, [0.125] * 8, colors)],
    "scores_chart": lambda colors: [scores(colors)],
    "share_chart": lambda colors: [shares(colors)],
    "token_map_chart": lambda colors: [token_map(colors)],
}
"""Every specification of each kind, by the function that makes it."""
FIGURES = {
    **{name: lambda name=name: plotly_axes(plotly_figures(LIGHT)[name]) for name in STILL},
    **{
        name: lambda make=make: [axis for spec in make(LIGHT) for axis in echarts_axes(spec)]
        for name, make in ECHARTS.items()
    },
}


@pytest.mark.parametrize("name", ECHARTS)
def test_all_text_in_a_figure_grows_with_the_size_that_was_chosen(name):
    large = PROJECTOR_TEXT_PIXELS / FIGURE_TEXT_PIXELS
    for spec in ECHARTS[name](dataclasses.replace(LIGHT, scale=large)):
        sizes = set(every_size_of_text(spec))
        assert sizes
        assert all(size is not None and size >= PROJECTOR_TEXT_PIXELS for size in sizes), sizes


@pytest.mark.parametrize("name", STILL)
def test_all_text_in_a_still_figure_grows_with_the_size_that_was_chosen(name):
    large = PROJECTOR_TEXT_PIXELS / FIGURE_TEXT_PIXELS
    layout = plotly_figures(dataclasses.replace(LIGHT, scale=large))[name].layout
    sizes = {
        layout.font.size,
        *(axis.tickfont.size for axis in (layout.xaxis, layout.yaxis)),
        layout.xaxis.title.font.size,
        *(one.font.size or layout.font.size for one in layout.annotations),
    }
    assert all(size is not None and size >= PROJECTOR_TEXT_PIXELS for size in sizes), sizes


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_states_its_type(name):
    assert all(axis["type"] in KINDS for axis in FIGURES[name]())


@pytest.mark.parametrize("name", ["bar_chart", "neighbours_chart", "receipt_bars_chart", *OF_NAMES])
def test_an_axis_of_tokens_is_one_of_categories(name):
    assert FIGURES[name]()[-1]["type"] == "category"


def test_every_builder_of_a_figure_is_listed_here():
    built = {
        function.name
        for path in CHARTS.rglob("*.py")
        for function in ast.parse(path.read_text("utf-8")).body
        if isinstance(function, ast.FunctionDef)
        and function.name.endswith(("_chart", "_heatmap"))
        and not function.name.startswith("_")
    }
    assert built == set(FIGURES)


def test_figures_are_built_among_the_charts_only():
    """A screen or a page that made its own figure would slip past the tests above."""
    ui = CHARTS.parent
    makers = [
        str(path.relative_to(ui))
        for path in [*ui.rglob("*.py"), *ui.with_name("pages").glob("*.py")]
        if CHARTS not in path.parents
        and any(word in path.read_text("utf-8") for word in ("plotly.", '"xAxis"', '"yAxis"'))
    ]
    assert makers == []


def test_plotly_is_imported_only_where_a_figure_is_drawn():
    """It costs every start of the app otherwise, and most pages draw nothing with it."""
    ui = CHARTS.parent
    early = [
        str(path.relative_to(ui.parent))
        for path in [*ui.rglob("*.py"), *ui.with_name("pages").glob("*.py")]
        for statement in ast.parse(path.read_text("utf-8")).body
        if isinstance(statement, ast.Import | ast.ImportFrom) and "plotly" in ast.unparse(statement)
    ]
    assert early == []
