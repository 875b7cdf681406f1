"""The neurons of a layer, those that have most to do with two tokens on top."""

import numpy as np
import pandas as pd
import streamlit as st

from ui.charts.loss import bar_chart
from ui.charts.receipt import Line, shares_chart
from ui.components.tables import save_table
from ui.i18n import _, ngettext, numeral
from ui.messages import escape
from ui.screens.inside.tables.view import TableView
from ui.services.inside.neurons import LayerActivity
from ui.services.inside.tables import Numbers
from ui.session import url
from ui.theme import palette

LISTED, OFFERED = 10, 30
ADDS, ACTIVE = "adds", "active"
KEY = "neuron-bars"


def choose_ranking(view: TableView, said: LayerActivity) -> str:
    """Two buttons: what neurons are sought by. One where only one can be told."""
    if said.shares is None:
        return ACTIVE
    first, then = view.question.label(view.first_token), view.question.label(view.next_token)
    names = {
        ADDS: _("what they add to “{then}”", then=then),
        ACTIVE: _("how active they are at “{first}”", first=first),
    }
    return url.pick(
        _("Neurons by"), list(names), name=url.RANKED, default=ADDS,
        show=lambda one: escape(names[one]),
    )  # fmt: skip


def show_ranked(view: TableView, layer: int, said: LayerActivity, ranking: str) -> int:
    """Bars of the first of them, and a box to choose one; returns the chosen one, from 0."""
    numbers = said.active if said.shares is None or ranking == ACTIVE else said.shares
    order = np.argsort(-np.abs(numbers) if ranking == ADDS else -numbers).tolist()
    best = max(order[:OFFERED], key=lambda one: float(numbers[one]))
    chosen = url.read_place(url.NEURON, len(numbers), default=best)
    if ranking == ADDS:
        _draw_shares(view, layer, said, order)
    else:
        _draw_active(layer, numbers, order)
    save_table(neurons_table(layer, said), f"neurons-{layer + 1}-step{view.question.chosen.step}")
    options = list(dict.fromkeys([*order[:OFFERED], chosen]))
    found = url.select(
        _("Look closer at"), [str(one + 1) for one in options], name=url.NEURON,
        default=str(best + 1),
        show=lambda one: _(
            "neuron {name}: {number:+.2f}", name=f"{layer + 1}.{one}",
            number=float(numbers[int(one) - 1]),
        ),
    )  # fmt: skip
    return int(found) - 1


def neurons_table(layer: int, said: LayerActivity) -> pd.DataFrame:
    """A row for each neuron of a layer; what it adds is left out where no logit is a sum."""
    columns = {_("activation"): said.active}
    if said.shares is not None:
        columns[_("adds itself")] = said.shares
    names = [f"{layer + 1}.{one + 1}" for one in range(len(said.active))]
    return pd.DataFrame({_("neuron"): names, **columns})


def _draw_shares(view: TableView, layer: int, said: LayerActivity, order: list[int]) -> None:
    assert said.shares is not None
    shares = said.shares
    shown = order[:LISTED]
    lines = [Line(name=_name(layer, one), share=float(shares[one])) for one in shown]
    rest = order[LISTED:]
    others = ngettext("{count} other neuron", "{count} other neurons", len(rest))
    lines.append(Line(name=others, share=float(shares[rest].sum())))
    lines.append(Line(name=_("bias"), share=said.bias))

    def chosen() -> None:
        points = st.session_state[KEY].selection.points
        if points and points[0]["point_index"] < len(shown):
            url.write_choices(**{url.NEURON: shown[points[0]["point_index"]] + 1})

    st.plotly_chart(
        shares_chart(lines, palette()), key=KEY, theme=None, config={"displayModeBar": False},
        on_select=chosen, selection_mode="points",
        alt=", ".join(f"{line.name} {numeral(line.share, '+.2f')}" for line in lines),
    )  # fmt: skip
    words = _(
        "Where “{first}” is all that the model has read, feed-forward {layer} adds {total:+.2f} to "
        "the logit of “{then}”, above the mean of all: these bars add up to that.",
        first=view.question.label(view.first_token), layer=layer + 1,
        then=view.question.label(view.next_token), total=float(shares.sum()) + said.bias,
    )  # fmt: skip
    st.caption(escape(words))


def _draw_active(layer: int, numbers: Numbers, order: list[int]) -> None:
    shown = order[:LISTED]
    names, values = [_name(layer, one) for one in shown], [float(numbers[one]) for one in shown]
    st.echarts_chart(
        bar_chart(names, values, _("activation"), palette(), digits=2),
        height=palette().pixels(300), key="neurons-active",
        alt=", ".join(
            f"{name} {numeral(value, '.2f')}" for name, value in zip(names, values, strict=True)
        ),
    )  # fmt: skip


def _name(layer: int, neuron: int) -> str:
    return _("neuron {name}", name=f"{layer + 1}.{neuron + 1}")
