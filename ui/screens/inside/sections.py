"""What is to be seen below the text: one section at a time, which the address names."""

from collections.abc import Callable, Mapping

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.receipt import Part
from minigpt.sentences import N_
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, translated
from ui.screens.inside.layers import show_layers
from ui.screens.inside.lesson import show_lesson
from ui.screens.inside.neurons.one import show_one
from ui.screens.inside.neurons.ranked import choose_ranking, show_ranked
from ui.screens.inside.over_training import show_over_training
from ui.screens.inside.picture import show_picture
from ui.screens.inside.question import Question, choose_tokens, code_of, question_from_address
from ui.screens.inside.receipt import choose_part, show_odds, show_part, show_receipt
from ui.screens.inside.strip import show_strip
from ui.screens.inside.tables.direct import show_direct
from ui.screens.inside.tables.head import show_head
from ui.screens.inside.tables.pair import lead_to_pair, show_pair
from ui.screens.inside.tables.view import (
    choose_layer,
    choose_token_pair,
    say_shown,
    view_from_address,
)
from ui.screens.inside.vectors.embeddings import show_embeddings
from ui.screens.inside.vectors.positions import show_positions
from ui.services.inside.neurons import said_after
from ui.services.inside.prediction import Account, account_or_reason
from ui.services.models import trace_of, trained_model
from ui.session import url

AccountOrReason = Account | MiniGPTError
"""The receipt, or why there is none."""
SAID = frozenset({url.RUN, url.NEXT, url.AGAINST})
"""Where the model is chosen it is said that a run is not here. Of the two next tokens one may be
chosen that the address has for the other, which is no error."""


@st.fragment
def show_text(run_id: str, step: int, text: str, refused: Mapping[str, str]) -> None:
    """The text, and below it the chosen section; drawn alone, so that a click redraws no more.

    Only names are handed on: what is drawn alone is kept for as long as the visitor stays, and
    the model that it is about would be kept with it.

    Args:
        run_id: Whose model.
        step: Of its training.
        text: What it reads.
        refused: What the address asked for in vain above.
    """
    told, noted = st.empty(), url.note_refused()
    with messages.errors_shown():
        chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
        question = question_from_address(chosen, text, trace_of(run_id, step, text))
        found = account_or_reason(
            question.model_on_text, question.position, question.token, question.against
        )
        show_strip(question, found, chosen_part(found))
        show_section(choose_section(), question, found)
    refused = {**refused, **noted}
    messages.show_refused({name: refused[name] for name in refused if name not in SAID}, told)


def chosen_part(found: AccountOrReason) -> Part | None:
    """The part that the address names, if the receipt has it."""
    if isinstance(found, MiniGPTError):
        return None
    by_code = {code_of(part): part for part in found.parts}
    return by_code.get(url.remembered_choice(url.PART) or "")


def choose_section() -> str:
    """A row of buttons."""
    return url.pick(
        _("What to see"), list(SECTIONS), name=url.SECTION, default=next(iter(SECTIONS)),
        show=lambda one: translated(SECTIONS[one][0]),
    )  # fmt: skip


def show_section(section: str, question: Question, found: AccountOrReason) -> None:
    """Draw the chosen one."""
    SECTIONS[section][1](question, found)


def _receipt(question: Question, found: AccountOrReason) -> None:
    left, right = st.columns([2, 3], gap="large")
    with left:
        choose_tokens(question)
        show_odds(question)
        if not isinstance(found, MiniGPTError):
            show_part(question, found, choose_part(found))
            lead_to_pair(question)
    with right:
        if isinstance(found, MiniGPTError):
            _say_why_not(found)
        else:
            show_receipt(question, found)


def _say_why_not(reason: MiniGPTError) -> None:
    messages.show_reason(reason)  # of such a model there is no receipt; other sections show it
    st.button(
        _("What it would say after each layer"), icon=":material/layers:", type="tertiary",
        on_click=url.write_choices, kwargs={url.SECTION: "layers"},
    )  # fmt: skip


def _picture(question: Question, found: AccountOrReason) -> None:
    account = None if isinstance(found, MiniGPTError) else found
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_picture(question, account, chosen=url.remembered_choice(url.PART) or "")
    with right:
        choose_tokens(question)
        if isinstance(found, MiniGPTError):
            _say_why_not(found)
        else:
            show_part(question, found, choose_part(found))
        show_odds(question)


def _layers(question: Question, _found: AccountOrReason) -> None:
    show_layers(question)


def _over_training(question: Question, _found: AccountOrReason) -> None:
    show_over_training(question.chosen)


def _tables(question: Question, _found: AccountOrReason) -> None:
    view = view_from_address(question)
    say_shown(view)
    if view.no_sum is None:
        show_pair(view)
    else:
        _say_no_sum(view.no_sum)
        choose_token_pair(view)
    show_head(view)
    show_direct(view)


def _say_no_sum(reason: MiniGPTError) -> None:
    messages.show_reason(reason)  # once for all tables; those that need no sum follow
    st.caption(
        _(
            "So this section has nothing on what makes a token likely. What a head looks for and "
            "what follows a token in the training text need no such sum."
        )
    )


def _neurons(question: Question, _found: AccountOrReason) -> None:
    st.caption(
        _(
            "A neuron is one number of a feed-forward part: how active it is depends on what the "
            "stream holds at a place; times a fixed vector of its own it is added to the stream. "
            "Most answer to several things, so none is given a name here."
        )
    )
    if not question.trace.layers:
        st.caption(_("This model has no feed-forward parts, so it has no neurons to show."))
        return
    view = view_from_address(question)
    left, right = st.columns([2, 3], gap="large")
    with left:
        choose_token_pair(view)
        layer = choose_layer(view)
        try:
            said = said_after(question.model_on_text, layer, view.first_token, view.next_token)
        except MiniGPTError as error:
            messages.show_reason(error)
            return
        ranking = choose_ranking(view, said)
        neuron = show_ranked(view, layer, said, ranking)
    with right:
        show_one(view, layer, neuron, said)


def _lesson(question: Question, _found: AccountOrReason) -> None:
    show_lesson(question)


def _embeddings(question: Question, _found: AccountOrReason) -> None:
    show_embeddings(question)


def _positions(question: Question, _found: AccountOrReason) -> None:
    show_positions(question)


SECTIONS: dict[str, tuple[str, Callable[[Question, AccountOrReason], None]]] = {
    "receipt": (N_("Receipt"), _receipt),
    "picture": (N_("Whole model"), _picture),
    "layers": (N_("Layer by layer"), _layers),
    "tables": (N_("Pairs and heads"), _tables),
    "neurons": (N_("Neurons"), _neurons),
    "training": (N_("Over training"), _over_training),
    "embeddings": (N_("Embeddings"), _embeddings),
    "positions": (N_("Positions"), _positions),
    "lesson": (N_("Teach it"), _lesson),
}
"""In the order of the buttons, the first where nobody chose."""
