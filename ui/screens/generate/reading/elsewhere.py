"""Where a model cannot be asked what it has read: why, and which models can be asked instead."""

from collections.abc import Callable, Iterator
from itertools import islice

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.config import RunConfig
from minigpt.runs.status import Status
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.services import runs
from ui.session import url
from ui.session.unheard import draw_anew

ENDED = {Status.FINISHED, Status.STOPPED}
MOST_OFFERED, MOST_OPENED = 3, 30

Requirement = Callable[[RunConfig], None]
"""Raises an error of ours that says why a run with these settings cannot be asked."""


def require_text(config: RunConfig) -> None:
    """Refuse a run whose text nobody knows here.

    Raises:
        CorpusError: it was made elsewhere.
    """
    if config.is_from_elsewhere:
        config.corpus.load()  # which refuses it in its own words


def can_be_asked(chosen: ChosenModel, require: Requirement) -> bool:
    """Whether the chosen model can be asked; if not, say why, and lead to one that can."""
    with messages.errors_shown():
        config = runs.store().open(chosen.run_id).config()
    try:
        require(config)
    except MiniGPTError as error:
        st.info(messages.escape(translated(error.message)), icon=":material/info:")
        _offer_others(chosen.run_id, first=config.start.run, require=require)
        return False
    return True


def _offer_others(run_id: str, *, first: str, require: Requirement) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        for other, called in islice(_others(run_id, first, require), MOST_OFFERED):
            name = messages.escape(called)
            if st.button(_("Ask {run}", run=name), key=f"instead-{other}"):
                url.write_choices(url.STEP, **{url.RUN: other})
                draw_anew()  # the whole page: the bar that chooses the model stands above
        st.page_link(page_file("train"), label=_("Train a model"), icon=":material/arrow_forward:")


def _others(run_id: str, first: str, require: Requirement) -> Iterator[tuple[str, str]]:
    """Trained runs that can be asked, with their names: what this began with, the demo, others."""
    known = {
        run.id: run.name for run in runs.all_runs() if run.status in ENDED and run.id != run_id
    }
    wanted = sorted(known, key=lambda one: (one != first, one != runs.DEMO_RUN))
    for other in wanted[:MOST_OPENED]:
        try:
            require(runs.store().open(other).config())
        except (MiniGPTError, TypeError):  # what is damaged is said on its own page
            continue
        yield other, known[other]
