import base64

import pytest

from tests.ui.harness import add_frames, made_run, part


def bar(run_id, now=0, first=None, kept=(0, 4)):
    import streamlit as st

    from ui.components.film_bar import Places, film_bar
    from ui.services.film import film

    if first is not None:
        st.session_state["bar-first"] = first
    shared = film(run_id)
    film_bar(
        shared, Places.of(shared, kept), now,
        key="bar", group="g", curve=[(0, 3.0), (3, 2.0), (5, 1.0), (99, 0.5)], on_choose=print,
    )  # fmt: skip


@pytest.fixture
def run():
    made = made_run()
    made.rows = add_frames(made, (0, 1, 5))
    return made


def test_it_stands_at_frames_and_at_kept_steps(draw, run):
    data = part(draw(bar, run_id=run.id, now=2), "bar")
    assert (data["steps"], data["places"], data["kept"]) == ([0, 1, 4, 5], [0, 1, 3], [0, 2])
    assert data["now"] == 2
    # What was measured between two places lies between them; of what came later nothing is drawn.
    assert data["curve"] == [[0.0, 3.0], [1.667, 2.0], [3.0, 1.0]]


def test_frames_are_sent_when_they_are_asked_for(draw, run):
    assert part(draw(bar, run_id=run.id), "bar")["frames"] is None
    data = part(draw(bar, run_id=run.id, first=1), "bar")
    assert data["first"] == 1
    assert [base64.b64decode(one) for one in data["frames"]] == [row.cells for row in run.rows[1:]]


def test_a_film_that_was_never_judged_has_no_curve_and_plays(draw, run):
    at = draw(bar, run_id=run.id)
    assert not at.exception


@pytest.mark.parametrize("told", [-1, 3, "0", None, True, 1.5, [0]])
def test_what_a_browser_asks_for_is_checked(told, monkeypatch):
    import streamlit as st

    from ui.components.film_bar import _load

    state = {"bar": type("State", (), {"wanted": told})()}
    monkeypatch.setattr(st, "session_state", state)
    _load("bar", 3)
    assert "bar-first" not in state
    state["bar"].wanted = 2
    _load("bar", 3)
    assert state["bar-first"] == 2
