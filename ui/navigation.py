"""The frame around every page: which pages there are, the sidebar, and what copies texts."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

from minigpt.errors import MiniGPTError
from minigpt.jobs.limits import require_long_token
from minigpt.jobs.machine import adopt_max_running
from minigpt.runs.status import Status
from minigpt.runs.transfer.quotas import require_known_settings
from ui import messages
from ui.i18n import _, ask_anew, ngettext
from ui.services.runs import all_runs
from ui.session import url
from ui.session.form_state import close_other_forms
from ui.session.language import choose_language, tell_browser
from ui.session.scheme import follow_scheme
from ui.session.unheard import begin_address, tell_address
from ui.theme import choose_size, draw_style, is_projected

COPYING = Path(__file__).with_name("copying.js").read_text("utf-8")
PAGES_FOLDER = Path(__file__).resolve().parents[1] / "pages"
# A file of our own: Streamlit fetches Material icons for the browser tab from the internet.
ICON = PAGES_FOLDER.with_name("static") / "icon.png"
IN_FRAME = "frame-is-drawn"
DEFAULT = "home"
PROJECTOR = "projector"
SIDEBAR_PIXELS = 256
STYLED, STYLE_SECONDS = "style-is-drawn", 0.5


def run_app() -> None:
    """Draw the frame and the chosen page inside it. All that app.py does."""
    _run(_frame())


def ensure_frame() -> None:
    """The first line of every page.

    Until some visitor has opened the app at its root, Streamlit runs files in pages/ directly,
    without app.py: a deep link as the first request would show a page without its frame.
    """
    if st.session_state.get(IN_FRAME):
        return
    with _as_of_app():
        page = _frame()
    caller = Path(sys._getframe(1).f_globals["__file__"])
    if caller.stem == (page.url_path or DEFAULT):
        # Run it again, inside the frame as app.py would: widgets made outside would be other
        # widgets at the next run, and what a visitor did with them would be lost.
        _run(page)
        st.stop()


@contextmanager
def _as_of_app() -> Iterator[None]:
    """What is drawn is what app.py would draw, or at its next run each choice is another widget.

    A click made meanwhile would come with the earlier one's value, as if somebody had chosen it.
    """
    context = get_script_run_ctx()
    if context is None:
        yield
        return
    with context.run_with_active_hash(context.pages_manager.main_script_hash):
        yield


def _run(page: StreamlitPage) -> None:
    st.session_state[IN_FRAME] = True
    try:
        page.run()
    finally:
        st.session_state[IN_FRAME] = False


def page_file(stem: str) -> Path:
    """Where a page is, as links name it: absolute, so that it holds whichever script runs."""
    return PAGES_FOLDER / f"{stem}.py"


def _frame() -> StreamlitPage:
    ask_anew()
    begin_address()
    adopt_max_running(sys.argv[1:])
    st.set_page_config(
        page_title="MiniGPT", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_PIXELS
    )
    with st.sidebar:
        below_pages = st.container()
        large = url.switch(
            _("Projector"), name=url.SIZE, on=PROJECTOR,
            help=_("Larger text and figures, to be read from the back row."),
        )  # fmt: skip
        choose_language()
    choose_size(projected=large)
    draw_style()
    _let_it_be_seen()
    _require_safe()
    if not st.get_option("client.showSidebarNavigation"):
        st.set_option("client.showSidebarNavigation", True)  # off as long as there were file names
    page = st.navigation(_pages())
    tell_address()
    with st.sidebar:
        tell_browser(**({url.SIZE: PROJECTOR} if large else {}))
        # What the buttons beside texts do: nothing of a visitor is in it.
        st.html(f"<script>{COPYING}</script>", unsafe_allow_javascript=True)
        follow_scheme()
    close_other_forms(page.url_path)
    below_pages.caption(_machine())
    return page


def _let_it_be_seen() -> None:
    # Tables are drawn in pixels that a browser works out once, from the size of text as it then
    # is. So where the first page that a visitor opens is a large one, its style goes ahead.
    if is_projected() and not st.session_state.get(STYLED):
        time.sleep(STYLE_SECONDS)
    st.session_state[STYLED] = True


def _require_safe() -> None:
    try:
        require_long_token()
        require_known_settings()
    except MiniGPTError as error:  # to whoever starts the app, and looks at it first
        messages.show_error(error)
        st.stop()


def _pages() -> dict[str, list[StreamlitPage]]:
    return {
        "MiniGPT": [_page("home", _("Home"), "home", default=True)],
        _("Make"): [
            _page("corpus", _("Text"), "menu_book"),
            _page("train", _("Train"), "model_training"),
            _page("runs", _("Runs"), "list"),
            _page("run", _("Run"), "monitoring", visible=False),
        ],
        _("Use"): [_page("generate", _("Generate"), "edit_note")],
        _("Look inside"): [
            _page("attention", _("Attention"), "grid_on"),
            _page("inside", _("Inside"), "account_tree"),
        ],
        _("Learn"): [_page("learn", _("Learn"), "school")],
    }


def _page(
    stem: str, title: str, icon: str, *, default: bool = False, visible: bool = True
) -> StreamlitPage:
    # The address must be the file's stem, or a deep link to a fresh server finds no page.
    return st.Page(
        page_file(stem),
        title=title,
        icon=f":material/{icon}:",
        url_path=None if default else stem,
        default=default,
        visibility="visible" if visible else "hidden",
    )


def _machine() -> str:
    training = sum(run.status in {Status.RUNNING, Status.STARTING} for run in all_runs())
    cores = os.cpu_count() or 1
    if not training:
        return _("{cores} processor cores · no runs training", cores=cores)
    return ngettext(
        "{cores} processor cores · {count} run training",
        "{cores} processor cores · {count} runs training",
        training,
        cores=cores,
    )
