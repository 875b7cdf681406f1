"""The direct path beside the pairs of the text, and where in the model pairs come from."""

import pandas as pd
import streamlit as st

from minigpt.introspection.circuits.direct_path import step_parts
from ui.i18n import _, browser_format, translated
from ui.messages import escape
from ui.screens.inside.tables.head import CELL, show_title, table_map
from ui.screens.inside.tables.view import TableView
from ui.services.inside.token_pairs import DirectPathAndPairs, direct_and_pairs


def show_direct(view: TableView) -> None:
    """Two maps, their likeness, and that of what is said after each step.

    Where logits are no sum there is no direct path: the pairs, and the steps beside them.
    """
    if view.no_sum is not None:
        _show_pairs_alone(view)
        return
    st.subheader(_("The direct path, and the pairs of the text"), anchor=False)
    found = direct_and_pairs(view.question.model_on_text, view.shown.ids)
    st.caption(
        _(
            "What the token's own vector says, if no head and no feed-forward part added anything; "
            "beside it, what follows each token in the training text."
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        _show_path(view, found)
    with right:
        show_title(_("Pairs of the training text"))
        _show_pairs(view, found)
    if found.alike is not None:
        words = _(
            "The two are alike by {own:.2f}; a row and what follows another token, by {chance:.2f} "
            "(correlation of rows: 1 would be the same, 0 unrelated).",
            own=found.alike.own, chance=found.alike.chance,
        )  # fmt: skip
        st.markdown(escape(words))
    if found.along:
        _show_along(view, found)


def _show_pairs_alone(view: TableView) -> None:
    st.subheader(_("Pairs of the training text"), anchor=False)
    found = direct_and_pairs(view.question.model_on_text, view.shown.ids)
    left, right = st.columns(2, gap="large")
    with left:
        _show_pairs(view, found)
    if found.along:
        with right:
            _show_along(view, found)


def _show_path(view: TableView, found: DirectPathAndPairs) -> None:
    show_title(_("Direct path"))
    if found.direct is None:
        st.caption(escape(translated(found.no_direct or "")))
        return
    table_map(
        view, found.direct, "direct-path", view.first_token, 0,
        label=_("The direct path: rows are tokens, columns follow."),
        unit=_("added to the logit (nats), against the mean of its row"),
        cell=_("the vector of {row} adds {value} to {column}", **CELL), choose=None,
    )  # fmt: skip


def _show_pairs(view: TableView, found: DirectPathAndPairs) -> None:
    if found.pairs is None:
        st.caption(escape(translated(found.no_pairs or "")))
        return
    table_map(
        view, found.pairs, "pairs", view.first_token, 0,
        label=_("Pairs of the text: rows are tokens, columns follow."),
        unit=_("logarithm of how often (nats), against the mean of its row"),
        cell=_("after {row} comes {column}: {value}", **CELL), choose=None,
    )  # fmt: skip
    st.caption(
        _(
            "Counted in the first {count:,} tokens, each pair once more than it came.",
            count=found.sampled,
        )
    )


def along_table(view: TableView, found: DirectPathAndPairs) -> pd.DataFrame:
    """The likeness to the pairs after each step, and what it is by chance."""
    names = {0: _("the token's vector")}
    for step, layer, is_fed in step_parts(view.question.chosen.trained.model):
        names[step] = (
            _("feed-forward of layer {layer}", layer=layer + 1)
            if is_fed
            else _("heads of layer {layer}", layer=layer + 1)
        )
    return pd.DataFrame(
        {
            _("after"): list(names.values()),
            _("likeness to the pairs"): [found.along[step].own for step in names],
            _("by chance"): [found.along[step].chance for step in names],
        }
    )


def _show_along(view: TableView, found: DirectPathAndPairs) -> None:
    show_title(_("Where the pairs come from"))
    table = along_table(view, found)
    bars = {
        name: st.column_config.ProgressColumn(
            format=browser_format("%.2f"), min_value=0.0, max_value=1.0
        )
        for name in table.columns[1:]
    }
    st.dataframe(table, hide_index=True, column_config=bars)
    st.caption(
        _(
            "Each token is read alone, and after each step the stream is read as if it were the "
            "last one (the logit lens). Likeness is the correlation of a token's row with what "
            "follows it in the text, averaged by how often the token comes; by chance, with what "
            "follows any other token. Where it rises, the model keeps its knowledge of pairs."
        )
    )
