"""What small figures show: lengths that are true, and outlines that say what they mean."""

import re

import pytest

from ui.charts.figures import Bars, NumberTable, Tokens
from ui.theme import LIGHT

LENGTH = re.compile(r'margin-left:([\d.]+)%;width:([\d.]+)%"></b>')


def lengths(bars):
    return [(float(begin), float(end)) for begin, end in LENGTH.findall(bars.html(LIGHT))]


def bars(values, **more):
    return Bars(title="Bars", labels=["one"] * len(values), values=values, **more)


def test_the_largest_bar_is_the_whole_track():
    assert lengths(bars([1.0, 4.0])) == [(0, 25), (0, 100)]


def test_below_zero_a_bar_goes_the_other_way():
    assert lengths(bars([-1.0, 3.0])) == [(0, 25), (25, 75)]
    assert "fig-zero" in bars([-1.0, 3.0]).html(LIGHT)
    assert "fig-zero" not in bars([1.0, 3.0]).html(LIGHT)


@pytest.mark.parametrize("rounding", [0.0, 3e-7, -3e-7])
def test_what_is_written_as_zero_has_no_length(rounding):
    (_begin, length), *_others = lengths(bars([rounding] * 3))
    assert length < 0.1
    assert "fig-zero" not in bars([rounding] * 3).html(LIGHT)


def test_bars_beside_each_other_have_one_measure():
    assert lengths(bars([2.0], end=8.0)) == [(0, 25)]


def test_a_guess_that_is_right_shows_both_outlines_and_says_what_they_mean():
    table = NumberTable(title="Table", values=[[1, 2]], marked={(0, 1)}, guessed={(0, 1)})
    assert 'class="fig-guess fig-mark"' in table.html(LIGHT)
    assert "your guess" in table.html(LIGHT)
    assert "what came out" in table.html(LIGHT)
    marked = NumberTable(title="Table", values=[[1, 2]], marked={(0, 1)})
    assert "what came out" not in marked.html(LIGHT)


def test_a_long_text_keeps_its_lines_and_can_be_scrolled_by_keyboard():
    page = Tokens(title="Long", tokens="a\nb", below=[1, 0, 2], is_long=True).html(LIGHT)
    assert page.count("<i></i>") == 1
    assert 'tabindex="0"' in page
