import dataclasses
import re
import tomllib

import pytest

from minigpt.runs.status import Status
from tests.ui.harness import ROOT
from ui.components.run_header import STATUS_HELP
from ui.theme import DARK, LIGHT, STATUS_COLORS, STATUS_ICONS

READABLE = 4.5
"""WCAG 2.2, 1.4.3: contrast that text needs."""
DISCERNIBLE = 3.0
"""WCAG 2.2, 1.4.11: contrast that a line in a chart needs."""
WHITE = "#FFFFFF"
PALETTES = {"light": LIGHT, "dark": DARK}
THEME = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]


def lightness(color):
    """Relative luminance as WCAG defines it."""
    shares = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    darker, lighter = sorted((lightness(one), lightness(other)))
    return (lighter + 0.05) / (darker + 0.05)


def backgrounds(theme):
    return {
        "page": theme["backgroundColor"],
        "widgets": theme["secondaryBackgroundColor"],
        "sidebar": theme["sidebar"]["backgroundColor"],
    }


def test_contrast_is_measured_as_wcag_does():
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("text", ["textColor", "linkColor", "primaryColor"])
def test_text_of_the_theme_can_be_read_on_every_background(name, text):
    for place, background in backgrounds(THEME[name]).items():
        assert contrast(THEME[name][text], background) >= READABLE, place


@pytest.mark.parametrize("name", PALETTES)
def test_code_can_be_read(name):
    theme = THEME[name]
    assert contrast(theme["codeTextColor"], theme["codeBackgroundColor"]) >= READABLE


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", ["text", "reference"])
def test_labels_of_charts_can_be_read(name, role):
    color = getattr(PALETTES[name], role)
    for place, background in backgrounds(THEME[name]).items():
        assert contrast(color, background) >= READABLE, place


@pytest.mark.parametrize("name", PALETTES)
@pytest.mark.parametrize("role", ["training_loss", "validation_loss"])
def test_lines_of_charts_can_be_seen(name, role):
    color = getattr(PALETTES[name], role)
    assert contrast(color, THEME[name]["backgroundColor"]) >= DISCERNIBLE


@pytest.mark.parametrize("name", PALETTES)
def test_more_weight_is_always_further_from_the_background(name):
    steps = [lightness(color) for color in PALETTES[name].weights]
    assert steps == sorted(steps, reverse=name == "light")
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("name", PALETTES)
def test_no_weight_looks_like_the_background_and_full_weight_stands_out(name):
    nothing, *_, everything = PALETTES[name].weights
    assert nothing == THEME[name]["backgroundColor"]
    assert contrast(everything, nothing) >= 10


@pytest.mark.parametrize("name", PALETTES)
def test_charts_and_widgets_agree_on_the_colours_of_the_theme(name):
    assert PALETTES[name].text == THEME[name]["textColor"]
    assert PALETTES[name].faint == THEME[name]["borderColor"]


@pytest.mark.parametrize("name", PALETTES)
def test_every_meaning_has_a_colour_of_its_own(name):
    colors = dataclasses.asdict(PALETTES[name])
    assert colors.pop("scale") == 1.0
    several = [color for kind in ("weights", "differences", "runs") for color in colors.pop(kind)]
    single = list(colors.values())
    assert len(set(single)) == len(single)
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in [*single, *several])


def test_every_status_has_a_colour_an_icon_and_words():
    assert set(STATUS_COLORS) == set(STATUS_ICONS) == set(STATUS_HELP) == set(Status)
    assert len(set(STATUS_ICONS.values())) == len(Status)


def say_text_colour():
    import streamlit as st

    from ui.theme import palette

    st.text(palette().text)


@pytest.mark.parametrize(("theme", "expected"), [("light", LIGHT), ("dark", DARK), (None, LIGHT)])
def test_charts_follow_the_theme_the_viewer_chose(draw, theme, expected):
    at = draw(say_text_colour)
    at.context = {"theme": theme}
    at.run()
    assert at.text[0].value == expected.text
    assert not at.exception


@pytest.mark.parametrize("name", PALETTES)
def test_a_filled_button_can_be_read(name):
    assert contrast(PALETTES[name].on_accent, THEME[name]["primaryColor"]) >= READABLE
