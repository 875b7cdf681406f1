import base64
import math
import re
from dataclasses import replace

import pytest

from ui.charts.drawings import sparkline
from ui.charts.figure_style import figure_style
from ui.charts.figures import (
    Bars,
    Links,
    NumberLine,
    NumberTable,
    Options,
    Text,
    Tokens,
    as_html,
    cell_text,
)
from ui.charts.ranks import Ranks
from ui.theme import FIGURE_TEXT_PIXELS, LIGHT, PAGE_TEXT_SHARE, PROJECTOR_TEXT_PIXELS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.23456, "1.23"),
        (-0.5, "−0.50"),
        (-0.001, "0.00"),
        (1234.5, "1,234.50"),
        (7, "7"),
        (4096, "4,096"),
        (None, ""),
        ("a", "a"),
        (-math.inf, "−∞"),
    ],
)
def test_a_cell_says_its_number(value, text):
    assert cell_text(value, 2) == text


def test_a_table_has_headings_marks_and_shades():
    table = NumberTable(
        title="Weights", values=[[1.0, None], [0.25, 0.75]], rows=["a", "b"], columns=["x", "y"],
        high=1.0, guessed={(1, 0)}, marked={(1, 1)},
    )  # fmt: skip
    html = as_html(table, LIGHT)
    assert "<figcaption>Weights</figcaption>" in html
    assert html.count('scope="row"') == 2
    assert '<td class="fig-guess" style="background:' in html
    assert '<td class="fig-mark" style="background:' in html
    assert ">0.75<" in html


def test_a_table_of_many_columns_is_set_smaller():
    for columns, is_wide in ((12, False), (13, True)):
        html = as_html(NumberTable(title="x", values=[[0.5] * columns]), LIGHT)
        assert ("fig-wide" in html) is is_wide


def test_for_the_back_row_no_letters_are_smaller_than_the_text_of_the_page():
    style = figure_style(replace(LIGHT, scale=PROJECTOR_TEXT_PIXELS / FIGURE_TEXT_PIXELS))
    sizes = re.findall(r"font-size: ([^;}]+)", style)
    assert sizes
    assert all(size.endswith("rem") for size in sizes)
    assert min(float(size.removesuffix("rem")) for size in sizes) >= PAGE_TEXT_SHARE


def test_texts_from_outside_stay_text():
    for figure in (
        Text(title="<b>", text="<script>alert(1)</script>"),
        Tokens(title="t", tokens=["<", "&"], below=[1, 2]),
        NumberTable(title='"', values=[["<i>"]], rows=["<u>"], columns=["<s>"]),
        Bars(title="b", labels=["<b>x"], values=[1.0], lines={"<i>": 2.0}),
        Options(title="o", options={"a": "<b>"}, truth="a", guess=None),
        Links(title="l", links=[("<i>", 'https://a/"><script>')], notes=["<u>"]),
    ):
        html = as_html(figure, LIGHT)
        for tag in ("<script", "<i>", "<u>", "<s>", "<b>x"):
            assert tag not in html


def test_guess_and_result_stand_in_one_picture():
    html = as_html(
        NumberLine(title="How many?", low=0, high=100, truth=65, guess=80, unit="letters"), LIGHT
    )
    assert "your guess: 80 letters" in html
    assert "what came out: 65 letters" in html
    assert "left:65.00%" in html
    assert "left:80.00%" in html


def test_a_truth_beyond_the_line_lengthens_it():
    html = as_html(NumberLine(title="?", low=0, high=10, truth=40, guess=10), LIGHT)
    assert "left:100.00%" in html
    assert "left:25.00%" in html


def test_without_a_guess_only_the_truth_is_shown():
    assert "your guess" not in as_html(
        NumberLine(title="?", low=0, high=10, truth=4, guess=None), LIGHT
    )


def test_options_name_the_guess_and_the_truth():
    html = as_html(
        Options(title="?", options={"a": "One", "b": "Two"}, truth="b", guess="a"), LIGHT
    )
    assert "One <em>your guess</em>" in html
    assert "Two <em>what came out</em>" in html


def test_bars_are_as_long_as_their_numbers():
    html = as_html(Bars(title="b", labels=["x", "y"], values=[1.0, 4.0], guess=2.0), LIGHT)
    assert "width:25.00%" in html
    assert "width:100.00%" in html
    assert html.count("left:50.00%") == 2


def _drawn(html):
    return base64.b64decode(re.search('base64,([^"]+)', html)[1]).decode()


def test_a_curve_alone_reaches_all_four_edges():
    html = sparkline("loss", [(0, 4.0), (10, 2.0), (40, 3.0), (80, math.nan)], LIGHT)
    assert 'alt="loss. 4.00 → 3.00"' in html
    drawn = _drawn(html)
    assert 'points="0.0,0.0 250.0,100.0 1000.0,50.0"' in drawn
    level = sparkline("loss", [(0, 2.0), (1, 2.0)], LIGHT)
    assert 'points="0.0,0.0 1000.0,0.0"' in _drawn(level)
    assert sparkline("loss", [(0, 4.0)], LIGHT) == ""
    assert sparkline("loss", [], LIGHT) == ""


def test_a_guessed_order_is_beside_the_one_that_came_out():
    ranks = Ranks(
        title="Which?", names={"a": "<b>One", "b": "Two"}, guess=["a", "b"], truth=["b", "a"],
        numbers={"a": "2.5", "b": "1.5"},
    )  # fmt: skip
    html = as_html(ranks, LIGHT)
    assert "your guess: &lt;b&gt;One, Two. what came out: Two (1.5), &lt;b&gt;One (2.5)" in html
    drawn = _drawn(html)
    assert drawn.count("<line") == 2
    assert "<b>" not in drawn
    unguessed = as_html(replace(ranks, guess=[]), LIGHT)
    assert "your guess" not in unguessed
