import math

import pytest

from tests.ui.harness import plain
from ui.charts.heads import HeadBar, as_page, looks_chart, silenced_chart
from ui.theme import DARK, LIGHT

NAMES = ["1.1", "1.10", "2.2 induction"]
BARS = [
    HeadBar(name=name, value=value, half_width=0.05)
    for name, value in zip(NAMES, [0.3, -0.01, -0.2], strict=True)
]


def test_bars_are_the_values_and_lines_their_intervals():
    bar = silenced_chart(BARS, LIGHT).data[0]
    assert list(bar.y) == NAMES
    assert list(bar.x) == [0.3, -0.01, -0.2]
    assert list(bar.error_x.array) == [0.05] * 3
    assert bar.error_x.visible
    assert list(bar.hovertext) == [
        "1.1: +0.300 ± 0.050", "1.10: -0.010 ± 0.050", "2.2 induction: -0.200 ± 0.050",
    ]  # fmt: skip


def test_zero_has_its_line():
    axis = silenced_chart(BARS, LIGHT).layout.xaxis
    assert (axis.zeroline, axis.zerolinecolor) == (True, LIGHT.text)


@pytest.mark.parametrize("colors", [LIGHT, DARK])
def test_a_bar_that_may_be_zero_is_gray(colors):
    marker = silenced_chart(BARS, colors).data[0].marker
    assert list(marker.color) == [colors.weights[3], colors.faint, colors.weights[3]]
    edges = [colors.validation_loss, colors.training_loss, colors.validation_loss]
    assert list(marker.line.color) == edges


def test_where_no_interval_is_known_none_is_drawn_and_nothing_is_sure():
    bar = silenced_chart([HeadBar(name="1.1", value=0.5)], LIGHT).data[0]
    assert not bar.error_x.visible
    assert list(bar.marker.color) == [LIGHT.faint]
    assert list(bar.hovertext) == ["1.1: +0.500"]
    assert not HeadBar(name="1.1", value=math.nan).is_sure


def test_shares_stand_in_percent_beside_what_chance_gives():
    figure = looks_chart([HeadBar(name="1.1", value=0.4)], 0.125, LIGHT)
    assert list(figure.data[0].x) == [40.0]
    assert figure.layout.xaxis.range == (0, 100)
    line = figure.layout.shapes[0]
    assert (line.x0, line.x1) == (12.5, 12.5)
    assert plain(figure.layout.annotations[0].text) == "by chance 12.5 %"


def test_every_head_has_its_row_and_its_label():
    heads = [HeadBar(name=f"1.{head}", value=0.1) for head in range(1, 41)]
    small, large = (silenced_chart(heads[:count], LIGHT).layout for count in (4, 40))
    assert list(large.yaxis.ticktext) == [head.name for head in heads]
    assert large.height - small.height == 36 * 22


def test_names_that_look_like_tags_are_shown_as_they_are():
    bar = silenced_chart([HeadBar(name="1.1 <b>&", value=1.0)], LIGHT).data[0]
    assert list(bar.y) == ["1.1 &lt;b>&amp;"]
    assert bar.hovertext[0].startswith("1.1 &lt;b>&amp;")


def test_as_a_page_it_needs_neither_the_app_nor_the_net():
    page = as_page(silenced_chart(BARS, LIGHT), "<run>, step 3", LIGHT)
    assert "2.2 induction" in page
    assert "<run>" not in page
    assert " src=" not in page.replace("\n", " ").split("<script")[1]
    assert len(page) > 1_000_000
