"""From a text that a model wrote to the question whether it copied it."""

import streamlit as st

from minigpt.corpora import UNKNOWN_CORPUS
from ui.i18n import _
from ui.services import runs
from ui.session import url
from ui.session.branches import READ
from ui.session.unheard import draw_anew

LONGEST = 3000
"""Characters that are asked about at once."""


def ask_whether_copied(written: str, *, run: str, step: int, key: str) -> None:
    """A button that leads to “Read or invented?” with a text and the model that wrote it.

    There is none where nobody knows the text that the model learnt from.

    Args:
        written: What the model wrote, without the beginning that was given to it.
        run: The run's id.
        step: Its step.
        key: Tells the button from others on the page.
    """
    if not written.strip() or not _can_be_answered(run):
        return
    if st.button(
        _("Did it copy this?"), key=key, type="tertiary", icon=":material/plagiarism:",
        help=_(
            "Looks up in the training text what the model wrote, without the beginning that was "
            "given to it."
        ),
    ):  # fmt: skip
        asked = {url.RUN: run, url.STEP: step, url.MODE: READ, url.PASSAGE: written[:LONGEST]}
        url.write_choices(url.SPOT, **asked)
        draw_anew()  # the whole page: the button may stand in a part that is drawn alone


def _can_be_answered(run_id: str) -> bool:
    """Whether the run is here, and somebody knows which text it learnt from."""
    return any(run.id == run_id and run.corpus != UNKNOWN_CORPUS for run in runs.all_runs())
