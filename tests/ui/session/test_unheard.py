import pytest

from tests.ui.harness import said
from ui.components.drawing import when_chosen
from ui.session import unheard


def page():
    import streamlit as st

    from ui.session import url
    from ui.session.unheard import begin_address, draw_anew, tell_address

    begin_address()
    tell_address()
    for name in ("token", "head"):
        st.button(name, on_click=url.write_choices, kwargs={name: 5})
    for name in ("token", "head"):
        st.button(f"no {name}", on_click=url.forget_choices, args=(name,))
    st.button("without token", on_click=url.write_choices, args=("token",), kwargs={"head": 7})
    url.pick("Pick", ["x", "y"], name="three", default="x")
    st.slider("Knob", 0, 9, key="knob", bind="query-params")
    st.button("anew", on_click=draw_anew)
    st.text(st.query_params.get("token"))


@pytest.fixture
def clicked(draw):
    """A page where a token was chosen, whose browser has not heard of it."""
    at = draw(page, query={"run": "demo"})
    at.button[0].click().run()
    assert at.query_params == {"run": "demo", "token": "5"}
    at.query_params = {"run": "demo"}
    return at


def test_a_click_that_comes_before_the_answer_to_another_one_does_not_undo_it(clicked):
    clicked.button[1].click().run()
    assert clicked.query_params == {"run": "demo", "token": "5", "head": "5"}
    clicked.query_params = {"run": "demo", "token": "5"}  # it has heard of the first alone
    clicked.button_group[0].set_value("y").run()
    assert clicked.query_params == {
        "run": "demo", "token": "5", "head": "5", "three": "y",
    }  # fmt: skip
    assert not clicked.exception


def test_what_such_a_click_takes_back_is_not_brought_back(clicked):
    clicked.button[4].click().run()
    assert clicked.query_params == {"run": "demo", "head": "7"}


def test_what_was_taken_back_a_moment_ago_is_not_brought_back(draw, monkeypatch):
    # As in a part that is drawn alone: nothing is forgotten first.
    monkeypatch.setattr(unheard, "begin_address", lambda: None)
    at = draw(page, query={"run": "demo"})
    for button, query in [
        (0, {"run": "demo", "token": "5"}),
        (2, {"run": "demo"}),
        (1, {"run": "demo", "head": "5"}),
    ]:
        at.button[button].click().run()
        assert at.query_params == query


def test_what_the_browser_says_of_knobs_is_left_to_them(draw, monkeypatch):
    monkeypatch.setattr(unheard, "begin_address", lambda: None)
    at = draw(page, query={"run": "demo"})
    at.button[0].click().run()
    at.query_params = {"run": "demo", "token": "5", "knob": "3"}
    at.button[2].click().run()
    at.query_params = {"run": "demo"}  # the knob was moved back
    at.button[1].click().run()
    assert not at.exception
    assert at.query_params == {"run": "demo", "head": "5"}


def test_what_is_dropped_before_its_choice_was_heard_leaves_the_others(clicked):
    clicked.button[1].click().run()
    clicked.query_params = {"run": "demo"}  # it has heard neither of the token nor of the head
    clicked.button[3].click().run()
    assert clicked.query_params == {"run": "demo", "token": "5"}


def test_who_went_back_to_an_address_goes_on_from_there(clicked):
    clicked.run()
    clicked.button[1].click().run()
    assert clicked.query_params == {"run": "demo", "head": "5"}


def test_who_is_at_another_address_than_was_last_sent_is_sent_that(clicked):
    assert clicked.session_state[unheard.TOLD].address == {"run": "demo", "token": "5"}
    clicked.run()
    assert clicked.session_state[unheard.TOLD].address == {"run": "demo"}


def test_a_page_that_is_drawn_anew_by_itself_keeps_what_its_browser_has_not_heard_of(clicked):
    """The address that came with what draws it anew was taken for one that somebody went back to,
    and sent: the choice was shown from then on, and the address said nothing of it."""
    clicked.button[5].click().run()
    assert clicked.session_state[unheard.TOLD].address == {"run": "demo", "token": "5"}
    assert said(clicked.text) == ["5"]
    clicked.run()  # but who goes back then is meant to be there
    assert clicked.session_state[unheard.TOLD].address == {"run": "demo"}


def test_an_address_that_was_left_long_ago_is_meant(clicked, monkeypatch):
    monkeypatch.setattr(unheard, "LONGEST_WAY", 0.0)
    clicked.button[1].click().run()
    assert clicked.query_params == {"run": "demo", "head": "5"}


def test_a_click_on_what_is_gone_from_the_page_says_nothing():
    heard = []
    when_chosen("gone", [3], heard.append)()
    assert heard == []
