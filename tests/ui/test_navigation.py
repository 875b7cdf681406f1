import ast
import sys

import pytest

from minigpt.jobs.machine import max_running
from minigpt.runs.status import Status
from tests.ui.harness import DONE, ROOT, made_run
from ui.navigation import PAGES_FOLDER, page_file

STEMS = sorted(path.stem for path in PAGES_FOLDER.glob("*.py"))


def frame():
    import streamlit as st

    from ui.navigation import ensure_frame

    ensure_frame()
    st.title("Inside")


def registered(at):
    """File stem to address of every page the frame knows."""
    from pathlib import Path

    pages = at._registered_pages.values()
    return {Path(page["script_path"]).stem: page["url_pathname"] for page in pages}


def test_every_file_in_pages_is_a_page_at_the_address_of_its_name(draw):
    at = draw(frame)
    assert registered(at) == {stem: "" if stem == "home" else stem for stem in STEMS}
    assert not at.exception


def test_links_name_pages_by_files_that_are_there():
    for stem in STEMS:
        assert page_file(stem).is_absolute()
        assert page_file(stem).is_file()


def test_links_in_the_code_lead_to_pages_that_exist():
    asked = {
        call.args[0].value
        for folder in ("ui", "pages")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "page_file"
        and isinstance(call.args[0], ast.Constant)
    }
    assert {"home", "run", "generate", "attention"} <= asked
    assert asked <= set(STEMS)


def test_the_page_is_drawn_once_inside_the_frame(draw):
    at = draw(frame)
    assert [title.value for title in at.title] == ["Inside"]
    assert len(at.sidebar.caption) == 1
    assert not at.exception


def frame_of_a_page_that_runs_first_without_the_app():
    from contextlib import nullcontext

    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    from ui.navigation import ensure_frame

    own = get_script_run_ctx().run_with_active_hash("of the page's own file")
    with nullcontext() if st.session_state.get("comes again") else own:
        ensure_frame()
    st.session_state["comes again"] = True


def test_the_first_page_of_a_fresh_server_has_the_same_choices_at_its_side_as_the_next(draw):
    """Else a click before the next was drawn came with the earlier one's language, as if it had
    been chosen, and the address said so from then on."""
    at = draw(frame_of_a_page_that_runs_first_without_the_app)
    first = [widget.proto.id for widget in (*at.sidebar.toggle, *at.sidebar.button_group)]
    at.run()
    assert len(first) == 2  # projector and language
    assert [one.proto.id for one in (*at.sidebar.toggle, *at.sidebar.button_group)] == first


@pytest.mark.parametrize(
    ("runs", "words"),
    [(0, "no runs training"), (1, "1 run training"), (2, "2 runs training")],
)
def test_the_sidebar_counts_what_is_training(draw, runs, words):
    made_run(name="done", steps=())
    made_run(name="killed", steps=(), state=DONE | {"phase": "training"}, end=None)
    for _ in range(runs):
        made_run(name=str(Status.STARTING), steps=(), state=None, end=None)
    at = draw(frame)
    assert at.sidebar.caption[0].value.endswith(f" · {words}")
    assert not at.exception


def test_the_number_of_runs_at_once_can_be_given_when_the_app_is_started(draw, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    monkeypatch.setattr(sys, "argv", ["app.py", "--max-running", "3"])
    at = draw(frame)
    assert not at.exception
    assert max_running() == 3
