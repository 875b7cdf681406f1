import pytest

from tests.ui.harness import said
from ui.session import url


def choose():
    import streamlit as st

    from ui.session import url

    chosen = (
        url.select("Select", ["a", "b", "c"], name="one", default="b", show=str.upper),
        url.slide("Slide", ["0", "10", "20"], name="two", default="20"),
        url.pick("Pick", ["x", "y"], name="three", default="x", show=str.upper),
        url.write_lines("Write", name="four", default="hello", longest=7),
    )
    st.text(" ".join(chosen))


def test_without_an_address_defaults_are_chosen_and_not_written_into_it(draw):
    at = draw(choose)
    assert said(at.text) == ["b 20 x hello"]
    assert at.query_params == {}
    at.run()
    assert at.query_params == {}
    assert not at.exception


def test_a_link_reproduces_every_choice(draw):
    at = draw(choose, query={"one": "c", "two": "10", "three": "y", "four": "bye"})
    assert said(at.text) == ["c 10 y bye"]
    assert at.selectbox[0].value == "c"
    assert at.select_slider[0].value == "10"
    assert at.button_group[0].value == "y"
    assert at.text_area[0].value == "bye"
    assert not at.exception


def test_what_the_link_names_but_nobody_offers_falls_back_to_the_default(draw):
    at = draw(choose, query={"one": "<script>", "two": "11", "three": ""})
    assert said(at.text) == ["b 20 x hello"]
    assert not at.exception


def test_a_text_of_the_link_is_cut_to_what_fits(draw):
    at = draw(choose, query={"four": "much too long"})
    assert at.text_area[0].value == "much to"
    assert not at.exception


def test_an_empty_text_in_the_link_stays_empty(draw):
    at = draw(choose, query={"four": ""})
    assert at.text_area[0].value == ""
    assert not at.exception


@pytest.mark.parametrize(
    ("kind", "value", "name"),
    [
        ("selectbox", "a", "one"),
        ("select_slider", "0", "two"),
        ("button_group", "y", "three"),
        ("text_area", "new", "four"),
    ],
)
def test_a_choice_is_written_into_the_address_and_stays(draw, kind, value, name):
    at = draw(choose)
    getattr(at, kind)[0].set_value(value).run()
    assert at.query_params[name] == value
    assert value in said(at.text)[0].split(" ")
    at.run()
    assert value in said(at.text)[0].split(" ")
    assert not at.exception


def test_the_address_wins_over_what_was_chosen_before(draw):
    at = draw(choose)
    at.selectbox[0].set_value("a").run()
    at.query_params["one"] = "c"
    at.run()
    assert at.selectbox[0].value == "c"
    assert not at.exception


def test_a_choice_is_remembered_where_the_next_address_says_nothing(draw):
    at = draw(choose)
    at.selectbox[0].set_value("a").run()
    del at.query_params["one"]
    at.run()
    assert at.selectbox[0].value == "a"
    assert at.query_params == {}
    assert not at.exception


def test_with_the_next_choice_the_address_says_also_what_was_remembered(draw):
    at = draw(choose)
    at.selectbox[0].set_value("a").run()
    del at.query_params["one"]
    at.run()
    at.select_slider[0].set_value("0").run()
    assert at.query_params == {"one": "a", "two": "0"}
    assert said(at.text) == ["a 0 x hello"]
    assert not at.exception


def test_a_default_that_nobody_chose_is_not_remembered(draw):
    at = draw(choose)
    at.select_slider[0].set_value("0").run()
    assert at.query_params == {"two": "0"}
    assert "last-one" not in at.session_state
    assert not at.exception


def test_options_are_shown_by_their_names_and_kept_by_their_keys(draw):
    at = draw(choose)
    assert at.selectbox[0].options == ["A", "B", "C"]
    assert at.button_group[0].options == ["X", "Y"]
    at.selectbox[0].set_value("c").run()
    assert at.query_params["one"] == "c"
    assert not at.exception


class Counted(dict):
    """An address that counts how often it changes: each time is one step for Back."""

    changes = 0

    def update(self, *said, **more):
        super().update(*said, **more)
        self.changes += 1

    def from_dict(self, said):
        self.clear()
        self.update(said)


def test_what_is_chosen_and_what_is_dropped_for_it_is_one_step_for_back(address, monkeypatch):
    address = Counted({"token": "3", "next": "7", "against": "2", "lang": "id"})
    monkeypatch.setattr(url.st, "query_params", address)
    url.write_choices("next", "against", token=4)
    assert (address, address.changes) == ({"token": "4", "lang": "id"}, 1)


def test_what_was_dropped_is_not_brought_back_by_what_is_chosen_next(address):
    url.remember("next", "7")
    url._from_memory()["next"] = "7"
    url.write_choices("next", token=4)
    assert address == {"token": "4"}
    url._from_memory()["next"] = "7"
    url.forget_choices("next")
    url.write_choices(section="layers")
    assert address == {"token": "4", "section": "layers"}
    assert url.remembered_choice("next") is None
