import pytest
from streamlit.testing.v1 import AppTest

from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from tests.ui.harness import plain
from ui.components import permission


@pytest.fixture
def run(monkeypatch):
    monkeypatch.setenv("MINIGPT_TEACHER_TOKEN", "open sesame")
    return RunStore.default().create(RunConfig(), name="x", owner="ann@example.org")


def page(run_id):
    import streamlit as st

    from ui.components.permission import may_change, teachers_door

    if may_change(run_id):
        st.write("allowed")
    else:
        teachers_door()


def shown(run):
    return AppTest.from_function(page, args=(run.id,), default_timeout=30).run()


def test_somebody_else_s_run_is_out_of_reach(run):
    app = shown(run)
    assert not app.exception
    assert not app.markdown
    assert "started a run and the teacher" in app.caption[0].value


def test_a_wrong_token_says_so_and_opens_nothing(run):
    app = shown(run).text_input[0].set_value("sesame").run()
    assert app.error[0].value == "That is not the token."
    assert not app.markdown


def test_after_a_wrong_token_the_next_one_has_to_wait(run):
    app = shown(run).text_input[0].set_value("sesame").run()
    app.text_input[0].set_value("open sesame").run()
    assert plain(app.error[0].value) == "Somebody gave a wrong token just now. Try again in 1 s."
    assert not app.markdown
    other = shown(run).text_input[0].set_value("open sesame").run()
    assert "Try again" in other.error[0].value


@pytest.fixture(autouse=True)
def _no_guesses_before():
    permission._guesses.clear()


def test_the_teacher_may_do_everything_from_then_on(run):
    app = shown(run).text_input[0].set_value("open sesame").run()
    assert app.markdown[0].value == "allowed"
    assert app.run().markdown[0].value == "allowed"


def test_without_a_token_everybody_may(run, monkeypatch):
    monkeypatch.delenv("MINIGPT_TEACHER_TOKEN")
    assert shown(run).markdown[0].value == "allowed"


def test_a_run_of_nobody_is_everybody_s(run):
    nobodys = RunStore.default().create(RunConfig(), name="y")
    assert shown(nobodys).markdown[0].value == "allowed"
