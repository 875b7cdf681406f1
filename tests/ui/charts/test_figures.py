"""What holds for every figure: each axis says what it is, whatever the labels look like.

Without a word from us Plotly and ECharts guess from the data, and take digits for numbers.
"""

import ast
from pathlib import Path

import numpy as np
import pytest

from ui.charts.axes import step_axes
from ui.charts.heatmap import attention_heatmap
from ui.charts.loss import LossCurves, bar_chart, loss_chart, metric_chart
from ui.charts.overlay import Line, overlay_chart
from ui.theme import LIGHT

CHARTS = Path(__file__).parents[3] / "ui" / "charts"
KINDS = {"category", "value", "log", "linear"}
CURVE = [(0.0, 4.0), (10.0, 2.0)]
DIGITS = list("12+34=46")


def heatmap_axes():
    layout = attention_heatmap(np.eye(8, dtype=np.float32), DIGITS, LIGHT).layout
    return [layout.xaxis, layout.yaxis]


def echarts_axes(specification):
    return [specification["xAxis"], specification["yAxis"]]


def overlay_axes(*, is_log_log):
    lines = [Line(name="1", curve=CURVE, index=0)]
    axes = step_axes(10, log=is_log_log)
    return echarts_axes(overlay_chart(lines, LIGHT, axes=axes, unit="", is_log_log=is_log_log))


FIGURES = {
    "attention_heatmap": lambda: heatmap_axes(),
    "bar_chart": lambda: echarts_axes(bar_chart(DIGITS, [1.0] * 8, "%", LIGHT, digits=1)),
    "loss_chart": lambda: [
        axis
        for log in (False, True)
        for axis in echarts_axes(
            loss_chart(
                LossCurves(batches=CURVE, training=CURVE, validation=CURVE),
                {"guess": 3.0},
                LIGHT,
                axes=step_axes(10, log=log),
            )
        )
    ],
    "metric_chart": lambda: echarts_axes(metric_chart("1", CURVE, LIGHT, axes=step_axes(10))),
    "overlay_chart": lambda: overlay_axes(is_log_log=False) + overlay_axes(is_log_log=True),
}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_states_its_type(name):
    assert all(axis["type"] in KINDS for axis in FIGURES[name]())


@pytest.mark.parametrize("name", ["attention_heatmap", "bar_chart"])
def test_an_axis_of_tokens_is_one_of_categories(name):
    assert FIGURES[name]()[-1]["type"] == "category"


def test_every_builder_of_a_figure_is_listed_here():
    built = {
        function.name
        for path in CHARTS.glob("*.py")
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
