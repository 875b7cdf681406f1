from minigpt.runs.config import RunConfig, StartConfig
from tests.ui.harness import said
from ui.screens.train.start import StartingPoint, describes_form, is_page_key, is_setting


def test_settings_are_told_from_other_names():
    assert all(map(is_setting, ["seed", "training.steps", "model.rung", "compute.device"]))
    assert not any(map(is_setting, ["run", "training", "training.", "odd.steps", "start", "a.b"]))


def test_the_text_and_the_name_go_with_any_form():
    assert is_page_key("corpus")
    assert is_page_key("name")
    assert not describes_form("corpus")
    assert not describes_form("name")


def test_what_a_form_starts_from_describes_it():
    for name in ("preset", "like", "from", "at", "kind", "training.steps"):
        assert is_page_key(name)
        assert describes_form(name)
    assert not is_page_key("run")


def test_only_a_fork_keeps_its_text():
    def begin(**start):
        return StartingPoint(key="k", title="t", base=RunConfig(), start=StartConfig(**start))

    assert not begin().keeps_text
    assert begin(kind="fork", run="a", step=1).keeps_text
    assert not begin(kind="fine_tune", run="a", step=1).keeps_text


def restart():
    import streamlit as st

    from ui.screens.train.start import restart_form
    from ui.session.form_state import current_form

    before = {"corpus": "c", "name": "n", "preset": "p", "seed": "3", "kind": "fork", "at": "5"}
    state = current_form()
    state.set_values(before)
    restart_form({"from": "a-run"})
    st.text(" ".join(f"{name}={state.get_value(name)}" for name in (*before, "from")))


def test_on_a_restarted_form_only_the_text_and_the_name_stay(draw):
    at = draw(restart)
    assert said(at.text) == ["corpus=c name=n preset=None seed=None kind=None at=None from=a-run"]
    assert at.query_params == {"corpus": "c", "name": "n", "from": "a-run"}
    assert not at.exception
