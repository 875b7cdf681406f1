"""Two tokens, the neurons of a layer that have to do with them, and one of these closely."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _
from ui.screens.inside.looked import Question
from ui.screens.inside.neurons.one import show_one
from ui.screens.inside.neurons.ranked import choose_ranking, show_ranked
from ui.screens.inside.tables.asked import ask_tables, choose_asking, choose_layer
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
    asked = ask_tables(question)
    left, right = st.columns([2, 3], gap="large")
    with left:
        choose_asking(asked)
        layer = choose_layer(asked)
        try:
            said = said_after(question.asked, layer, asked.asking, asked.then)
        except MiniGPTError as error:
            messages.show_reason(error)
            return
        ranking = choose_ranking(asked, said)
        neuron = show_ranked(asked, layer, said, ranking)
    with right:
        show_one(asked, layer, neuron, said)
