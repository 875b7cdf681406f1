"""The row of the chosen token: with the scale turned up and down, and compared otherwise."""

import pandas as pd
import streamlit as st
from jaxtyping import Float
from torch import Tensor

from minigpt.models.layers.scoring import SCORINGS, Row, row_at, scores_by
from minigpt.sentences import N_
from ui.charts.row import row_chart
from ui.i18n import _, browser_format, numeral, translated
from ui.messages import escape
from ui.screens.inspect.head.stages import attention_of
from ui.screens.inspect.overview import AttentionView, name_of
from ui.session import url
from ui.theme import palette

TIMES = ("0", "0.1", "0.25", "0.5", "1", "2", "4", "8", "16")
"""The scale's own value, multiplied; 0 is the mean of the past."""
CHART_HEIGHT, TABLE_HEIGHT = 230, 300
NAMES = {
    "dot": N_("dot product"),
    "cosine": N_("cosine"),
    "scaled_dot": N_("scaled dot product"),
}


def show_row(view: AttentionView) -> None:
    """What the row would be under other scales and scores; the rest of the page stays."""
    st.subheader(
        _("What if? The row of token {token}", token=escape(name_of(view, view.query))),
        anchor=False,
    )
    st.fragment(_show_scale)(view)
    with st.expander(_("Dot product, cosine and scaled dot product side by side")):
        _show_scorings(view)


def products_of(view: AttentionView) -> Float[Tensor, " past"]:
    """The chosen row's dot products with the tokens that it may look at."""
    row: Float[Tensor, " past"] = view.seen.products[0, view.head, view.query]
    return row[: view.query + 1]


def _show_scale(view: AttentionView) -> None:
    scale = attention_of(view).scale
    times = float(
        url.slide(
            _("The scale before the softmax, times its own value of {scale}",
              scale=numeral(scale, ".4f")),
            TIMES, name=url.TIMES, default="1", show=lambda one: f"× {numeral(float(one), 'g')}",
            help=_(
                "The products of query and key are multiplied by it. Small: all tokens count "
                "alike. Large: one token takes everything, and training can hardly move it any "
                "more (the softmax is saturated)."
            ),
        )
    )  # fmt: skip
    row = row_at(products_of(view), times * scale)
    labels = [name_of(view, token) for token in range(view.query + 1)]
    percent = [f"{label} {numeral(100 * one, '.1f')} %"
               for label, one in zip(labels, row.weights.tolist(), strict=True)]  # fmt: skip
    st.echarts_chart(
        row_chart(labels, row.weights.tolist(), palette()),
        height=palette().pixels(CHART_HEIGHT),
        key="row-at-scale",
        alt=", ".join(percent),
    )
    st.caption(in_words(row, times))


def in_words(row: Row, times: float) -> str:
    """How spread out a row is, and whether it can still be learnt through."""
    if len(row.weights) == 1:
        return _("The first token can look at itself alone: at every scale it gets everything.")
    if times == 0:
        return _(
            "At 0 the products do not matter: attention is the mean of the past, {count} tokens "
            "with the same weight.",
            count=len(row.weights),
        )
    return _(
        "Spread over {tokens} of {count} tokens (e to the power of the entropy). If the score of "
        "the strongest grew, its share would grow by {slope} for each unit, w(1 − w); at most "
        "0.25, and near 0 the softmax is saturated.",
        tokens=numeral(row.tokens, ".1f"), count=len(row.weights),
        slope=numeral(row.slope, ".3f"),
    )  # fmt: skip


def _show_scorings(view: AttentionView) -> None:
    st.caption(
        _(
            "The same query and keys, scored in three ways, and the shares that each gives. This "
            "head multiplies its dot products by {scale}. A cosine lies between −1 and 1, so no "
            "share by it is more than 7.4 times another.",
            scale=numeral(attention_of(view).scale, ".4f"),
        )
    )
    st.dataframe(
        scoring_table(view),
        hide_index=True,
        height=palette().pixels(TABLE_HEIGHT),
        column_config={
            **{
                translated(name): st.column_config.NumberColumn(format=browser_format("%.3f"))
                for name in NAMES.values()
            },
            **{
                _share_of(name): st.column_config.ProgressColumn(
                    format=browser_format("%.3f"), min_value=0, max_value=1
                )
                for name in NAMES.values()
            },
        },
        alt=_("Three ways to score each token, and the shares that they give"),
    )


def _share_of(name: str) -> str:
    return _("share by {scoring}", scoring=translated(name))


def scoring_table(view: AttentionView) -> pd.DataFrame:
    """A line for each token that may be looked at, the last first: scores and shares."""
    seen, head, query = view.seen, view.head, view.query
    keys = seen.keys[0, head, : query + 1]
    columns: dict[str, list[object]] = {
        _("token"): [name_of(view, token) for token in range(query + 1)]
    }
    for scoring in SCORINGS:
        scores = scores_by(scoring, seen.queries[0, head, query], keys)
        columns[translated(NAMES[scoring])] = scores.tolist()
        columns[_share_of(NAMES[scoring])] = row_at(scores, 1.0).weights.tolist()
    return pd.DataFrame(columns)[::-1]
