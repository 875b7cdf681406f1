from hypothesis import given
from hypothesis import strategies as st

from ui.session.selection import after_ticking

ids = st.lists(st.sampled_from("abcdef"), unique=True)


def show(known, press=None):
    import streamlit as st

    from ui.session.selection import choose_runs, chosen_runs

    st.session_state["chosen"] = chosen_runs(known)
    st.button("press", on_click=choose_runs, args=(press,))


def test_the_address_says_which_runs_are_chosen_and_in_which_order(draw):
    at = draw(show, query={"runs": "b,a,gone,,b"}, known=["a", "b", "c"])
    assert at.session_state["chosen"] == ["b", "a"]


def test_without_a_word_none_is(draw):
    assert draw(show, known=["a"]).session_state["chosen"] == []


def test_choosing_changes_the_address(draw):
    at = draw(show, known=["a", "b"], press=["b", "a"])
    at.button[0].click().run()
    assert at.query_params["runs"] in ("b,a", ["b,a"])
    assert at.session_state["chosen"] == ["b", "a"]


def test_choosing_none_empties_the_address(draw):
    at = draw(show, query={"runs": "a"}, known=["a"], press=[])
    at.button[0].click().run()
    assert "runs" not in at.query_params
    assert at.session_state["chosen"] == []


def test_who_comes_back_finds_what_was_chosen(draw):
    at = draw(show, query={"runs": "b"}, known=["a", "b"])
    del at.query_params["runs"]
    assert at.run().session_state["chosen"] == ["b"]


def test_what_the_table_does_not_list_stays_chosen():
    assert after_ticking(["x", "a"], ["a", "b"], ["b"]) == ["x", "b"]


def test_new_ones_come_last_so_that_the_others_keep_their_colours():
    assert after_ticking(["c", "a"], ["a", "b", "c"], ["a", "b", "c"]) == ["c", "a", "b"]


@given(before=ids, listed=ids, data=st.data())
def test_what_is_ticked_is_chosen_and_what_is_not_is_not(before, listed, data):
    ticked = [one for one in listed if data.draw(st.booleans())]
    after = after_ticking(before, listed, ticked)
    assert {one for one in after if one in listed} == set(ticked)
    assert {one for one in after if one not in listed} == set(before) - set(listed)
    assert len(set(after)) == len(after)
