"""The first start, and runs as small pictures: name, curve, newest words."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.checkpoints.choice import choose_from
from minigpt.errors import MiniGPTError
from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunSummary
from ui import messages
from ui.charts.drawings import sparkline
from ui.components.glossary import meaning_of
from ui.components.plain_text import plain_text
from ui.components.run_header import best_and_last, status_badge, verdict_badge
from ui.i18n import _
from ui.navigation import page_file
from ui.services.runs import DEMO_RUN, snapshot
from ui.services.verdicts import verdict
from ui.session import identity, url
from ui.theme import palette
from ui.wording import age

CARDS_IN_A_ROW = 3
EXCERPT_CHARACTERS = 120
WHY = {
    url.TEXT: "To be, or not to be, that is the q",
    url.NEXT: url.LIKELIEST, url.AGAINST: url.LIKELIEST, url.SECTION: "receipt", url.PART: "all",
}  # fmt: skip
"""Said in full: whatever this visitor looked at before, it is this that is asked."""
HEADS_HEIGHT = 420
"""Kept free for the heads of the demo model, in pixels, so that nothing moves when they come."""


def is_pressed(
    label: str, *, icon: str, type: Literal["primary", "secondary"] = "secondary"
) -> bool:
    """Draw a button that starts a run; whether it was pressed."""
    key = identity.start_key()
    return st.button(label, icon=icon, type=type, on_click=identity.note_pressed, args=(key,))


def start_training(
    train: Callable[..., RunDirectory], *, key: str, problem: DeltaGenerator
) -> None:
    """Start a training and go to its page; where it cannot begin, `problem` says why.

    The rest of the page stays: whoever cannot train may still play and learn.
    """
    try:
        # A double click asks twice for the same run.
        run = train(owner=identity.current_owner(), idempotency_key=key)
    except MiniGPTError as error:
        with problem:
            messages.show_error(error)
        return
    identity.forget_start_key()
    st.switch_page(page_file("run"), query_params={"run": run.id})


def ask_why(*, has_demo: bool) -> None:
    """The way to what a prediction is made of; with the demo model, to one that everybody knows."""
    label, query = _("Ask why it writes what it writes"), {}
    if has_demo:
        label = _("Ask why “u” follows “q”")
        query = {url.RUN: DEMO_RUN, **_best_step(), **WHY}
    st.page_link(
        page_file("inside"), label=label, icon=":material/account_tree:", query_params=query
    )


def _best_step() -> dict[str, str]:
    try:
        return {url.STEP: str(choose_from(snapshot(DEMO_RUN).checkpoints, None).step)}
    except Exception:  # whatever it is, a damaged run costs its own card only
        return {}


def demo_words() -> str:
    """What the demo model is for."""
    return _(
        "A model that has read Shakespeare continues whatever you type. Its attention heads "
        "look back at what came before: see where, at any checkpoint of its training, and which "
        "of its parts make it expect a letter."
    )


def trained_words() -> str:
    """What stands there where the demo model is not among the runs."""
    return _(
        "The demo model is not among the runs here. Whatever you train continues what you type, "
        "shows where its attention heads look, and which of its parts make it expect what comes "
        "next."
    )


def run_cards(runs: Sequence[RunSummary]) -> None:
    """A card for each run, three in a row; an invitation where there is none."""
    if not runs:
        st.caption(_("Your runs will be here. Train one, and it appears at once."))
    for start in range(0, len(runs), CARDS_IN_A_ROW):
        columns = st.columns(CARDS_IN_A_ROW, gap="large")
        for column, run in zip(columns, runs[start : start + CARDS_IN_A_ROW], strict=False):
            with column:
                _card(run)


def _card(summary: RunSummary) -> None:
    try:
        _draw_card(summary)
    except Exception as error:  # whatever it is, a damaged run costs its own card only
        messages.show_broken(summary.name, error)


def _draw_card(summary: RunSummary) -> None:
    run = snapshot(summary.id)
    st.page_link(
        page_file("run"), label=messages.escape(summary.name), query_params={"run": summary.id}
    )
    # In a row of their own, so that cards are alike however long a name is.
    with st.container(horizontal=True, vertical_alignment="center"):
        status_badge(summary.status)
        judged = verdict(summary)
        verdict_badge(judged)
        st.caption(age(summary.created_at), width="content")
    best, last = best_and_last(judged)
    st.metric(
        _("Best validation loss"), best, delta=last, delta_color="off", delta_arrow="off",
        help=meaning_of("loss", "validation", "nats"),
    )  # fmt: skip
    curve = sparkline(_("validation loss by step"), run.curves.validation_loss, palette())
    if curve:  # a metric's own chart costs a browser the megabyte of a library on the first page
        st.html(curve)
    if run.samples:
        text = " ".join(run.samples[-1].text.split())[:EXCERPT_CHARACTERS]
        plain_text(f"{text} …")
