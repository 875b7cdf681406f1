"""Two tokens, the neurons of a layer that have to do with them, and one of these closely."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _
from ui.screens.inside.neurons.one import show_one
from ui.screens.inside.neurons.ranked import choose_ranking, show_ranked
from ui.screens.inside.question import Question
from ui.screens.inside.tables.view import choose_layer, choose_token_pair, view_from_address
from ui.services.inside.neurons import said_after


def show_neurons(question: Question) -> None:
    """The list to the left, the chosen one to the right."""
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
