"""One neuron: where in the training text it is strongest, and which tokens it makes likely."""

import numpy as np
import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.charts.receipt import Line, shares_chart
from ui.components.tables import save_table
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, numeral
from ui.messages import escape
from ui.screens.inside.tables.head import EACH_WAY, show_title
from ui.screens.inside.tables.view import TableView
from ui.services.inside.neurons import (
    LayerActivity,
    Neuron,
    Place,
    neuron_of,
    odds_without,
    pushes_at,
)
from ui.theme import palette
from ui.wording import number, percent


def show_one(view: TableView, layer: int, neuron: int, said: LayerActivity) -> None:
    """In words, its places as coloured text, and bars of what it says."""
    st.subheader(_("Neuron {name}", name=f"{layer + 1}.{neuron + 1}"), anchor=False)
    words = _(
        "At “{first}” alone its activation is {active:.2f}.",
        first=view.question.label(view.first_token), active=float(said.active[neuron]),
    )  # fmt: skip
    st.markdown(escape(words))
    st.markdown(escape(_by_experiment(view, layer, neuron, said)))
    try:
        found = neuron_of(view.question.model_on_text, layer, neuron)
    except MiniGPTError as error:
        messages.show_reason(error)
        return
    st.markdown(escape(in_the_text(found)))
    if not found.places:
        return
    _show_places(view, found)
    _show_pushes(view, layer, neuron, found.places[0])


def _by_experiment(view: TableView, layer: int, neuron: int, said: LayerActivity) -> str:
    lacking = odds_without(
        view.question.model_on_text, layer, neuron, view.first_token, view.next_token
    )
    return _(
        "By experiment: were it never active, “{then}” would come next with {share} %, not "
        "with {odds} %.",
        then=view.question.label(view.next_token), share=percent(lacking), odds=percent(said.odds),
    )  # fmt: skip


def in_the_text(found: Neuron) -> str:
    """How often it is active, and how much of that the token explains."""
    active = _(
        "In {count:,} tokens of the training text it is above zero at {share:.1f} % of them.",
        count=found.sampled, share=100 * found.active,
    )  # fmt: skip
    if found.explained is None:
        return active
    explained = _(
        "Which token stands there explains {explained:.0f} % of its variance; by chance it would "
        "be {chance:.1f} %.",
        explained=100 * found.explained, chance=100 * found.chance,
    )  # fmt: skip
    return f"{active} {explained}"


def _show_places(view: TableView, found: Neuron) -> None:
    show_title(_("Where it is strongest"))
    vocabulary = view.question.chosen.trained.tokenizer.vocabulary
    high = max(max(map(abs, place.active)) for place in found.places)
    signed = min(min(place.active) for place in found.places) < 0
    for rank, place in enumerate(found.places):
        active = np.array(place.active[place.shown], dtype=np.float32)
        token_strip(
            [vocabulary[one] for one in place.tokens[place.shown]],
            key=f"neuron-place-{rank}",
            label=_("Place {rank}: its background is how active the neuron is.", rank=rank + 1),
            chosen=place.at - place.shown.start,
            background=Channel(
                values=active, high=high, signed=signed,
                unit=_("activation; the chosen token is the strongest place") if not rank else "",
            ),
            notes=[number(float(one)) for one in active],
            on_choose=_nothing,
        )  # fmt: skip


def _nothing(_token: int) -> None:
    """A place is looked at, and leads nowhere."""


def _show_pushes(view: TableView, layer: int, neuron: int, place: Place) -> None:
    show_title(_("What it says there"))
    try:
        pushes = pushes_at(view.question.model_on_text, layer, neuron, place, each_way=EACH_WAY)
    except MiniGPTError as error:
        messages.show_reason(error)
        return
    lines = [Line(name=view.question.label(one), share=push) for one, push in pushes]
    st.plotly_chart(
        shares_chart(lines, palette()), key="neuron-pushes", theme=None,
        config={"displayModeBar": False},
        alt=", ".join(f"{line.name} {numeral(line.share, '+.2f')}" for line in lines),
    )  # fmt: skip
    name = f"neuron-{layer + 1}.{neuron + 1}-step{view.question.chosen.step}"
    bars = {_("token"): [one.name for one in lines], _("adds itself"): [one.share for one in lines]}
    save_table(pd.DataFrame(bars), name)
    st.caption(
        _(
            "What it adds itself to the logits at its strongest place, against the mean of all: "
            "its activation times its vector, read as the last stream is read there. What later "
            "parts make of it is not in these bars."
        )
    )
