"""What the page of attention can be about, one of them at a time; which one is in the address.

Whoever adds one adds a line to `MODES`: a name for the address, and what is drawn below the model.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.introspection.ablation import heads_shape
from minigpt.sentences import N_
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.screens.inspect import one_text
from ui.screens.inspect.pairs import compare, swap
from ui.services import runs
from ui.session import url


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to look inside."""

    title: str
    show: Callable[[ChosenModel, DeltaGenerator], None]
    """Draws all that is below the bar that chooses the model, and its caption above that bar;
    reports what goes wrong itself."""
    has_film: bool = False
    """Whether the steps can be played one after the other."""


HEADS = "heads"
MODES = {
    HEADS: Mode(title=N_("One text"), show=one_text.show, has_film=True),
    "compare": Mode(title=N_("Two models"), show=compare.show),
    "swap": Mode(title=N_("Two texts, one swap"), show=swap.show),
}
"""By what the address calls them, in the order in which they are offered."""


def choose_mode() -> Mode:
    """The title of the page, and beside it the modes; the first is shown where nobody chose."""
    left, right = st.columns([5, 6], vertical_alignment="bottom")
    with left:
        st.title(_("Attention"), anchor=False)
    with right:
        name = url.pick(
            _("What to look at"), list(MODES), name=url.MODE, default=HEADS,
            show=lambda one: translated(MODES[one].title), label_visibility="collapsed",
        )  # fmt: skip
    return MODES[name]


def require_attention(chosen: ChosenModel) -> None:
    """End the page with a way out where the model has no heads."""
    if heads_shape(chosen.trained.model)[0]:
        return
    messages.show_empty_state(
        _(
            "This model has no attention: it looks at one token at a time. "
            "Choose a GPT above, or train one."
        ),
        page=page_file("train"),
        action=_("Train a GPT"),
    )
    if any(run.id == runs.DEMO_RUN for run in runs.all_runs()):
        st.page_link(
            page_file("attention"), label=_("Look at the heads of a model that comes with MiniGPT"),
            query_params={url.RUN: runs.DEMO_RUN}, icon=":material/grid_on:",
        )  # fmt: skip
    st.page_link(
        page_file("inside"), label=_("Look inside this model"),
        query_params={url.RUN: chosen.run_id}, icon=":material/account_tree:",
    )  # fmt: skip
    st.stop()
