import pytest

from ui.pickers import tell_apart


def test_names_that_nobody_shares_stay_as_they_are():
    names = {"a": "One", "b": "Two"}
    assert tell_apart(names, names.get) == names


def test_a_shared_name_is_followed_by_what_it_means():
    names = {"a": "Same", "b": "Same", "c": "Other"}
    assert tell_apart(names, names.get) == {"a": "Same · a", "b": "Same · b", "c": "Other"}


def test_marks_that_are_shared_as_well_are_followed_by_the_whole_option():
    names = tell_apart(["a-1", "b-1"], lambda option: "Same", mark=lambda option: option[-1])
    assert names == {"a-1": "Same · 1 · a-1", "b-1": "Same · 1 · b-1"}


def test_a_name_that_looks_like_a_marked_one_is_told_apart_from_it():
    names = {"a": "Same", "b": "Same", "c": "Same · a"}
    shown = tell_apart(names, names.get)
    assert len(set(shown.values())) == 3


def choose(widget):
    import streamlit as st

    from ui import pickers

    names = {"first": "Same", "last": "Same", "other": "Other"}
    choose = getattr(pickers, widget)
    st.text(choose("Choose", list(names), key="choice", show=names.get))


@pytest.mark.parametrize(
    ("widget", "element"),
    [
        ("select_box", "selectbox"),
        ("slider", "select_slider"),
        ("button_row", "button_group"),
        ("pills", "button_group"),
    ],
)
def test_every_widget_returns_the_one_that_was_meant(draw, widget, element):
    at = draw(choose, widget=widget)
    for option in ("first", "last", "first", "other", "first"):
        getattr(at, element)[0].set_value(option).run()
        assert at.text[0].value == option
    assert not at.exception
