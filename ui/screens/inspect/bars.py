"""The report on heads as a figure: what each costs, and how much it looks at a kind of place."""

import math
from itertools import product
from typing import TYPE_CHECKING

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.patterns import PATTERNS, Pattern
from minigpt.introspection.report_card import ReportCard
from minigpt.sentences import N_
from ui.charts.heads import HeadBar, as_page, looks_chart, silenced_chart
from ui.components.head_tiles import head_title
from ui.i18n import _, numeral, translated
from ui.screens.inspect.overview import AttentionView
from ui.screens.inspect.report import NAMES, PLACES, interval
from ui.services.heads import SharedCard
from ui.session import url
from ui.theme import LIGHT, Palette, palette

if TYPE_CHECKING:
    from ui.charts.heads import Figure

SILENCED = "silenced"
SHOWN = {**NAMES, SILENCED: N_("loss without it")}


def show_bars(view: AttentionView, shared: SharedCard | MiniGPTError) -> None:
    """Bars for all heads, once every window was read; nothing before."""
    if not isinstance(shared, MiniGPTError) and shared.card.is_done:
        _choose_and_draw(view, shared.card)


@st.fragment
def _choose_and_draw(view: AttentionView, card: ReportCard) -> None:
    kinds = [kind for kind in PATTERNS if math.isfinite(card.looks.shares[kind].chance)]
    shown = url.pick(
        _("What the bars show"), [SILENCED, *kinds], name=url.BARS, default=SILENCED,
        show=lambda one: translated(SHOWN[one]),
    )  # fmt: skip
    bars = bars_of(card, shown)
    st.plotly_chart(
        chosen_chart(card, shown, palette()),
        key=f"bars-{shown}",
        theme=None,
        # Its buttons would lie over the figure; the page below keeps those that save it.
        config={"displayModeBar": False},
        alt=_alt(bars, shown),
    )
    st.caption(_explain(card, shown))
    name = _(
        "{run}, step {step}: {shown}",
        run=view.chosen.run_id, step=view.chosen.step, shown=translated(SHOWN[shown]),
    )  # fmt: skip
    st.download_button(
        _("These bars, a page to look at (HTML)"),
        lambda: as_page(chosen_chart(card, shown, LIGHT), name, LIGHT),
        file_name=f"heads-{shown}-step{view.chosen.step}.html",
        mime="text/html",
        on_click="ignore",
        type="tertiary",
        icon=":material/download:",
    )


def bars_of(card: ReportCard, shown: str) -> list[HeadBar]:
    """A bar for each head, in the order of the model."""
    layers, heads = heads_shape(card.model)
    effects, bars = card.effects.estimate, []
    for place in product(range(layers), range(heads)):
        name = head_title(*place, translated(NAMES[card.name(*place)]))
        if shown == SILENCED:
            mean, half = float(effects.mean[place]), float(effects.half_width[place])
            bars.append(HeadBar(name=name, value=mean, half_width=half))
        else:
            share = float(card.looks.shares[_kind(shown)].heads[place])
            bars.append(HeadBar(name=name, value=share))
    return bars


def chosen_chart(card: ReportCard, shown: str, colors: Palette) -> "Figure":
    """The figure of what was chosen."""
    bars = bars_of(card, shown)
    if shown == SILENCED:
        return silenced_chart(bars, colors)
    return looks_chart(bars, card.looks.shares[_kind(shown)].chance, colors)


def _kind(shown: str) -> Pattern:
    return next(kind for kind in PATTERNS if kind == shown)


def _explain(card: ReportCard, shown: str) -> str:
    if shown == SILENCED and not math.isfinite(float(card.without_all.estimate.half_width)):
        return _(
            "By how much the loss changes when a head is silenced, on one piece of text: grey, "
            "since one piece cannot tell how sure that is."
        )
    if shown == SILENCED:
        return _(
            "By how much the loss changes when a head is silenced. The thin lines are intervals "
            "that hold the true mean 95 times in 100; a bar is grey where zero lies within."
        )
    return _(
        "Where each head looks: {places}. The dashed line is what a head gives there that looks "
        "at all its past alike. Only tokens with such a place are counted.",
        places=translated(PLACES[_kind(shown)]),
    )


def _alt(bars: list[HeadBar], shown: str) -> str:
    if shown == SILENCED:
        return ", ".join(f"{bar.name}: {interval(bar.value, bar.half_width)}" for bar in bars)
    return ", ".join(f"{bar.name}: {numeral(100 * bar.value, '.1f')} %" for bar in bars)
