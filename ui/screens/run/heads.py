"""What the heads of a run came to look at, beside its loss; for runs that follow their heads."""

import streamlit as st

from minigpt.runs.analysis.inside.head_history import (
    HeadPlace,
    all_heads,
    birth,
    head_curve,
    strongest_head,
)
from ui.charts.loss import ShareLine, share_chart
from ui.charts.options import ChartView
from ui.i18n import _
from ui.navigation import page_file
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.theme import palette
from ui.wording import count

CHART_HEIGHT = 300


def draw_heads(run: RunSnapshot, view: ChartView) -> None:
    """How much of their attention the heads give to what they could copy; nothing where unknown."""
    if not run.history.heads:
        return
    best = strongest_head(run.history.heads, "copied")
    chart, words = st.columns([3, 2], gap="large")
    with chart:
        _chart(run, view, best)
    with words:
        _number(run, best)
        _explain(run, best)


def _number(run: RunSnapshot, best: HeadPlace) -> None:
    newest = run.history.heads[-1]
    st.metric(
        _("The head that copies most"),
        _percent(newest.copied[best.layer][best.head]),
        delta=_(
            "{name}; looking everywhere alike gives {chance}",
            name=head_name(best), chance=_percent(newest.copied_chance),
        ),
        delta_color="off", delta_arrow="off",
        help=_("Wherever the text goes on as it did after an earlier copy of the same token: the "
        "share of its attention that this head gives to the token that followed then. Measured on "
        "text the model has not seen."),
    )  # fmt: skip


def _explain(run: RunSnapshot, best: HeadPlace) -> None:
    st.markdown(_story(run))
    if best.layer:
        st.caption(
            _(
                "It takes two. A head of an earlier layer that looks one token back tells each "
                "token what came before it; the copying head then finds the place by that."
            )
        )
    if run.checkpoints:
        st.page_link(
            page_file("attention"), label=_("Look at this head"), icon=":material/grid_on:",
            query_params={
                url.RUN: run.summary.id, url.LAYER: str(best.layer + 1),
                url.HEAD: str(best.head + 1),
            },
        )  # fmt: skip


def _story(run: RunSnapshot) -> str:
    born = birth(run.history.heads)
    if born is None:
        return _(
            "No head copies yet: none gives half of its attention to what followed an earlier "
            "copy of the token it stands on."
        )
    if born.before is None:
        return _("It could copy from the start.")
    return _(
        "**A head that copies was born between step {before} and step {step}.** It looks for an "
        "earlier copy of the token it stands on and reads what followed: an induction head.",
        before=count(born.before),
        step=count(born.step),
    )


def _chart(run: RunSnapshot, view: ChartView, best: HeadPlace) -> None:
    rows = run.history.heads
    lines = [
        ShareLine(name="", curve=view.drawn(run, head_curve(rows, place, "copied")))
        for place in all_heads(rows)
        if place != best
    ]
    if best.layer:
        feeding = strongest_head(rows, "previous", layers=best.layer)
        name = _("looks one token back: {name}", name=head_name(feeding))
        curve = view.drawn(run, head_curve(rows, feeding, "previous"))
        lines.append(ShareLine(name=name, curve=curve))
    curve = view.drawn(run, head_curve(rows, best, "copied"))
    lines.append(
        ShareLine(name=_("copies: {name}", name=head_name(best)), curve=curve, is_main=True)
    )
    st.echarts_chart(
        share_chart(
            _("share of attention (%)"), lines, rows[-1].copied_chance, palette(),
            axes=view.axes(run, log=False),
        ),
        height=palette().pixels(CHART_HEIGHT), key=f"heads-{run.summary.id}",
        alt=_(
            "Share of its attention that {name} gives to what it copies, up to step {step}: "
            "{share}",
            name=head_name(best), step=count(rows[-1].step),
            share=_percent(rows[-1].copied[best.layer][best.head]),
        ),
    )  # fmt: skip


def draw_table_worth(run: RunSnapshot) -> None:
    """What a table of n-grams holds and is worth beside the heads; nothing without a table."""
    end, parameters = run.end, run.state.parameters
    if not (end.table_parameters and parameters):
        return
    if end.loss_whole is None or end.loss_without_heads is None or end.loss_without_table is None:
        return
    st.caption(
        _(
            "{share} of its {parameters} parameters are a table: vectors for sequences of tokens. "
            "Without the table its loss would be {table:.2f} higher, without all its heads "
            "{heads:.2f}, measured at the end on text it has not seen.",
            share=_percent(min(1.0, end.table_parameters / parameters)),
            parameters=count(parameters),
            table=end.loss_without_table - end.loss_whole,
            heads=end.loss_without_heads - end.loss_whole,
        )
    )


def head_name(place: HeadPlace) -> str:
    """A head as people count it."""
    return _("layer {layer}, head {head}", layer=place.layer + 1, head=place.head + 1)


def _percent(share: float) -> str:
    return _("{percent:.0f} %", percent=100 * share)
