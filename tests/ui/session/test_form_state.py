import pytest

from tests.ui.harness import said
from ui.session import form_state


def page(name="train"):
    import streamlit as st

    from ui.session.form_state import close_other_forms, open_form

    close_other_forms(name)
    state = open_form(
        name, owns=lambda one: one in {"one", "two"}, restarts=lambda one: one == "two"
    )
    for field in ("one", "two"):
        key = f"widget-{field}"
        st.session_state[key] = state.get_value(field) or "default"
        st.text_input(field, **state.bind_widget(field, key, "default"))
    st.text(f"{state.get_value('one')} {state.get_value('two')}")
    st.text(state.id)


@pytest.fixture
def pages(draw):
    """A page that can become another one, as when somebody follows a link."""

    def page_of_the_address():
        import streamlit as st

        from ui.session.form_state import close_other_forms, open_form

        if st.query_params.get("page") == "other":
            close_other_forms("other")
            return
        close_other_forms("train")
        state = open_form(
            "train", owns=lambda one: one in {"one", "two"}, restarts=lambda one: one == "two"
        )
        st.text_input("One", **state.bind_widget("one", "one", ""))
        st.text(f"{state.get_value('one')} {state.get_value('two')}")
        st.text(state.id)

    return lambda **query: draw(page_of_the_address, query=query)


def leave_and_come_back(at, **query):
    at.query_params.clear()
    at.query_params["page"] = "other"
    at.run()
    at.query_params.clear()
    at.query_params.update(query)
    return at.run()


def test_nothing_is_written_that_nobody_chose(draw):
    at = draw(page)
    assert at.query_params == {}
    assert said(at.text)[0] == "None None"
    assert not at.exception


def test_a_link_is_taken_up_and_what_is_not_ours_is_left_alone(draw):
    at = draw(page, query={"one": "1", "other": "kept"})
    assert said(at.text)[0] == "1 None"
    assert at.query_params == {"one": "1", "other": "kept"}
    assert at.text_input[0].value == "1"
    assert not at.exception


def test_a_value_too_long_to_be_ours_is_ignored(draw):
    at = draw(page, query={"one": "x" * (form_state.LONGEST_VALUE + 1)})
    assert said(at.text)[0] == "None None"
    assert not at.exception


def test_a_choice_is_kept_in_the_address_and_a_default_is_not(draw):
    at = draw(page, query={"other": "kept"})
    at.text_input[0].set_value("new").run()
    assert at.query_params == {"one": "new", "other": "kept"}
    at.text_input[0].set_value("default").run()
    assert at.query_params == {"other": "kept"}
    assert said(at.text)[0] == "None None"
    assert not at.exception


def test_an_address_that_lags_behind_loses_nothing(draw):
    at = draw(page)
    at.text_input[0].set_value("first").run()
    # The browser has not heard of it yet when the next field is filled in.
    at.query_params.clear()
    at.text_input[1].set_value("second").run()
    assert said(at.text)[0] == "first second"
    assert at.query_params == {"one": "first", "two": "second"}
    assert not at.exception


def test_back_and_forward_are_obeyed(draw, monkeypatch):
    at = draw(page)
    at.text_input[0].set_value("first").run()
    monkeypatch.setattr(form_state, "_came_by_back_or_forward", lambda: True)
    at.query_params.clear()
    at.query_params["two"] = "second"
    at.run()
    assert said(at.text)[0] == "None second"
    assert [field.value for field in at.text_input] == ["default", "second"]
    assert not at.exception


def test_going_back_to_an_address_that_says_nothing_loses_nothing(draw, monkeypatch):
    at = draw(page)
    at.text_input[0].set_value("first").run()
    monkeypatch.setattr(form_state, "_came_by_back_or_forward", lambda: True)
    at.query_params.clear()
    at.run()
    assert said(at.text)[0] == "first None"
    assert at.query_params == {"one": "first"}
    assert not at.exception


def noted():
    import streamlit as st

    from ui.session.form_state import open_form

    state = open_form("train", owns=lambda one: True, restarts=lambda one: True)
    if state.get_value("corpus") is None:
        state.prefill_value("corpus", "chosen elsewhere")
    st.text(state.get_value("corpus"))
    state.sync_url_soon()


def test_what_was_chosen_elsewhere_is_in_the_address_at_the_next_run(draw):
    at = draw(noted)
    assert said(at.text) == ["chosen elsewhere"]
    at.run()
    assert at.query_params == {"corpus": "chosen elsewhere"}
    assert not at.exception


def test_a_moment_later_the_address_says_it_by_itself(draw, monkeypatch):
    ticks = []

    def fragment(function, *, run_every):
        ticks.append((function, run_every))
        return function

    monkeypatch.setattr(form_state.st, "fragment", fragment)
    at = draw(noted)
    [(_, seconds)] = ticks
    assert seconds == form_state.SYNC_SECONDS
    assert at.query_params == {}
    at.run()
    assert len(ticks) == 1
    assert not at.exception


def test_whoever_comes_back_finds_what_they_left_also_in_the_address(pages):
    at = pages()
    at.text_input[0].set_value("typed").run()
    form_id = said(at.text)[1]
    leave_and_come_back(at)
    assert said(at.text)[0] == "typed None"
    # Not at once, while the browser may still show the address of the page before.
    assert at.query_params == {}
    at.run()
    assert at.query_params == {"one": "typed"}
    assert said(at.text)[1] != form_id
    assert not at.exception


def test_a_link_with_one_choice_leaves_the_others_and_one_with_a_form_does_not(pages):
    at = pages()
    at.text_input[0].set_value("typed").run()
    leave_and_come_back(at, two="form")
    assert said(at.text)[0] == "None form"
    leave_and_come_back(at, one="choice")
    assert said(at.text)[0] == "choice form"
    assert not at.exception


def test_a_form_keeps_its_id_until_it_is_renewed(draw):
    at = draw(page)
    form_id = said(at.text)[1]
    assert len(form_id) == 16
    assert said(at.run().text)[1] == form_id


def forgetful():
    import streamlit as st

    from ui.session.form_state import current_form

    state = current_form()
    state.set_values({"a.b": "1", "a.c": "2", "d": "3"})
    state.replace_values(lambda name: name.startswith("a."), {"e": "4"})
    before = state.id
    state.renew_id()
    kept = " ".join(str(state.get_value(name)) for name in ("a.b", "d", "e"))
    st.text(f"{kept} {before == state.id}")


def test_several_can_be_forgotten_at_once_and_the_id_renewed(draw):
    at = draw(forgetful)
    assert said(at.text) == ["None 3 4 False"]
    assert at.query_params == {"d": "3", "e": "4"}
    assert not at.exception


class Interrupted(BaseException):
    """As the next change ends a call that touches the page."""


class Touchy:
    """The session or the address while the next change is waiting: only `to_dict` does not ask."""

    def __init__(self, **values):
        self.values = values

    def to_dict(self):
        return dict(self.values)

    def interrupt(self, *_given):
        raise Interrupted

    __getitem__ = __setitem__ = __contains__ = get = from_dict = interrupt


def test_a_change_is_held_although_the_next_one_is_here_already(monkeypatch):
    monkeypatch.setattr(form_state.st, "session_state", Touchy(steps=30))
    monkeypatch.setattr(form_state.st, "query_params", Touchy(corpus="sentences"))
    state = form_state.FormState({"corpus": "sentences"})
    with pytest.raises(Interrupted):
        state.read_widget("training.steps", "steps", "540")
    assert state.values == {"corpus": "sentences", "training.steps": "30"}
