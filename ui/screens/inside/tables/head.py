"""One head as two tables: what it looks for, and what it makes likely."""

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from minigpt.errors import MiniGPTError
from minigpt.introspection.attribution.readout import has_last_norm
from minigpt.introspection.circuits.single_tokens import is_exact
from minigpt.introspection.circuits.tables import Agreement
from ui import messages
from ui.charts.loss import bar_chart
from ui.charts.receipt import Line, shares_chart
from ui.components.head_map import Scale, head_map
from ui.i18n import _, numeral
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.inside.tables.view import TableView, choose_found, choose_head, choose_places
from ui.services.inside.tables import (
    Numbers,
    Places,
    agreement_of,
    what_it_looks_for,
    what_it_makes_likely,
)
from ui.session import url
from ui.theme import palette
from ui.wording import as_csv, percent, scientific

SHOWN_BARS, EACH_WAY = 8, 4
CLIPPED = 99.5
"""Of all cells, so many percent lie within the colours."""


def show_head(view: TableView) -> None:
    """Which head, and its two tables beside each other."""
    title = _("One head as two tables") if view.no_sum is None else _("One head as a table")
    st.subheader(title, anchor=False)
    if not view.question.trace.layers:
        st.caption(_("This model has no attention, so it has no heads to show."))
        return
    left, right = st.columns(2, gap="large")
    with left:
        head = choose_head(view)
    with right:
        places = choose_places(view)
    if places is None:
        st.caption(_("This model reads one token at a time: there is nothing to look back at."))
        return
    _show_tables(view, head, places)
    _show_agreement(view, head)
    _show_link(view, head)


def _show_tables(view: TableView, head: tuple[int, int], places: Places) -> None:
    """Both; of a model whose logits are no sum the first, its words to the right."""
    left, right = st.columns(2, gap="large")
    with left:
        scores = _show_looks_for(view, head, places, None if view.no_sum is None else right)
    if view.no_sum is None:
        with right:
            _show_makes_likely(view, head, places, scores)


def _show_looks_for(
    view: TableView, head: tuple[int, int], places: Places, beside: DeltaGenerator | None
) -> Numbers | None:
    show_title(_("When I am at … I look for …"))
    try:
        scores = what_it_looks_for(view.question.model_on_text, head, view.shown.ids, places)
    except MiniGPTError as error:
        messages.show_reason(error)
        return None
    centred = scores - scores.mean(1, keepdims=True)
    row = view.place_of(view.first_token)
    shares = weight_shares(scores[row])
    table_map(
        view, centred, "looks-for", view.first_token, int(shares.argmax()),
        label=_("What the head looks for. Rows look, columns are looked at; arrow keys choose."),
        unit=_("score, against the mean of its row"),
        cell=_("at {row} it looks for {column}: {value}", **CELL),
        choose=(url.ASKING, url.FOUND),
    )  # fmt: skip
    with beside or st.container():
        _say_looks_for(view, head, places, shares)
        _draw_looked_for(view, shares)
    return scores


def _draw_looked_for(view: TableView, shares: Numbers) -> None:
    """The tokens that get most of the weight."""
    best = np.argsort(-shares)[:SHOWN_BARS]
    percent = [100 * float(shares[one]) for one in best]
    names = [view.labels[one] for one in best]
    st.echarts_chart(
        bar_chart(names, percent, _("share of the weight (%)"), palette(), digits=1),
        height=palette().pixels(260), key="looks-for-bars",
        alt=", ".join(
            f"{name} {numeral(share, '.1f')} %" for name, share in zip(names, percent, strict=True)
        ),
    )  # fmt: skip


CELL = {"row": "{row}", "column": "{column}", "value": "{value}"}


def weight_shares(scores: Numbers) -> Numbers:
    """Softmax: how the weight would be shared if one of each token stood there."""
    grown = np.exp(scores - scores.max())
    shares: Numbers = grown / grown.sum()
    return shares


def _say_looks_for(view: TableView, head: tuple[int, int], places: Places, shares: Numbers) -> None:
    best = int(shares.argmax())
    words = _(
        "At “{first}” head {head} looks for “{best}”: {share} % of the weight, if one of each "
        "token stood {distance} back; by chance {chance} %.",
        first=view.question.label(view.first_token), head=_name(head), best=view.labels[best],
        share=percent(float(shares[best])), distance=places.looking - places.looked_at,
        chance=percent(1 / len(shares)),
    )  # fmt: skip
    st.markdown(escape(words))


def _show_makes_likely(
    view: TableView, head: tuple[int, int], places: Places, scores: Numbers | None
) -> None:
    show_title(_("What I found makes likely …"))
    pushes = what_it_makes_likely(view.question.model_on_text, head, view.shown.ids, places)
    looked_for = view.place_of(view.first_token)
    if scores is not None:
        looked_for = int(scores[looked_for].argmax())
    place = st.container()
    found = choose_found(view, view.shown.ids[looked_for])
    row = view.place_of(found)
    with place:
        table_map(
            view, pushes, "makes-likely", found, view.place_of(view.next_token),
            label=_(
                "What the head makes likely. Rows are found, columns follow; arrow keys choose."
            ),
            unit=_("added to the logit (nats), against the mean of its row"),
            cell=_("finding {row} adds {value} to {column}", **CELL),
            choose=(url.FOUND, url.NEXT),
        )  # fmt: skip
    _say_makes_likely(view, head, pushes, row)
    _draw_ends(view, pushes, row)


def _draw_ends(view: TableView, pushes: Numbers, row: int) -> None:
    """The tokens that are made likeliest, and those that are made least likely."""
    order = np.argsort(-pushes[row])
    ends = dict.fromkeys([*order[:EACH_WAY].tolist(), *order[-EACH_WAY:].tolist()])
    lines = [Line(name=view.labels[one], share=float(pushes[row, one])) for one in ends]
    st.plotly_chart(
        shares_chart(lines, palette()), key="makes-likely-bars", theme=None,
        config={"displayModeBar": False},
        alt=", ".join(f"{line.name} {numeral(line.share, '+.2f')}" for line in lines),
    )  # fmt: skip


def _say_makes_likely(view: TableView, head: tuple[int, int], pushes: Numbers, row: int) -> None:
    column = view.place_of(view.next_token)
    place = 1 + int((pushes[row] > pushes[row, column]).sum())
    words = _(
        "With all its weight on “{found}”, head {head} adds {share:+.2f} to the logit of “{then}”: "
        "number {place} of {count} tokens.",
        found=view.labels[row], head=_name(head), share=float(pushes[row, column]),
        then=view.labels[column], place=place, count=len(view.shown.ids),
    )  # fmt: skip
    st.markdown(escape(words))


def table_map(
    view: TableView,
    table: Numbers,
    key: str,
    token: int,
    column: int,
    *,
    label: str,
    unit: str,
    cell: str,
    choose: tuple[str, str] | None,
) -> None:
    """A table over tokens as a map, with its file."""
    high = float(np.percentile(np.abs(table), CLIPPED)) or 1.0
    names = [f"“{one}”" for one in view.labels]
    ids = view.shown.ids

    def chosen(row: int, column: int) -> None:
        if choose is not None:
            url.write_choices(**{choose[0]: ids[row], choose[1]: ids[column]})

    head_map(
        table, view.labels, view.labels, key=f"table-{key}", label=label,
        scale=Scale(low=-high, high=high, unit=unit, clipped=bool(np.abs(table).max() > high)),
        causal=False, chosen=(view.place_of(token), column) if choose else None,
        group=f"table-{key}", file=f"{key}-step{view.question.chosen.step}",
        row_names=names, column_names=names, cell=cell, on_choose=chosen,
    )  # fmt: skip
    _offer(view, table, key)


def _offer(view: TableView, table: Numbers, key: str) -> None:
    st.download_button(
        _("This table (CSV)"), lambda: as_csv(labelled_table(view, table)), key=f"save-{key}",
        file_name=f"{key}-step{view.question.chosen.step}.csv", mime="text/csv",
        on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip


def labelled_table(view: TableView, table: Numbers) -> pd.DataFrame:
    """A row for each token, its label in front."""
    tokens = zip(view.labels, view.shown.ids, strict=True)
    names = [f"{label} ({token})" for label, token in tokens]  # no two columns are called alike
    found = pd.DataFrame(table, columns=names)
    found.insert(0, _("token"), names)
    return found


def _show_agreement(view: TableView, head: tuple[int, int]) -> None:
    question = view.question
    try:
        found = agreement_of(question.model_on_text, head)
    except MiniGPTError:
        return  # said above
    if is_exact(question.chosen.trained.model, head[0]):
        _say_exact(view, found)
    elif found.likeness is not None:
        _say_near(view, found.likeness)


def _say_exact(view: TableView, found: Agreement) -> None:
    farthest = scientific(found.farthest)
    if view.no_sum is not None:
        words = _(
            "Exact: in layer 1 a head meets nothing but the vectors of single tokens. On the text "
            "above the scores of this table and those of the forward pass differ by {farthest} at "
            "most.",
            farthest=farthest,
        )
    else:
        words = _(
            "Exact: in layer 1 a head meets nothing but the vectors of single tokens. On the "
            "text above the scores of the first table and those of the forward pass differ by "
            "{farthest} at most.",
            farthest=farthest,
        )
    st.caption(words)
    if view.no_sum is None and has_last_norm(view.question.chosen.trained.model):
        st.caption(
            _(
                "The second table is exact for a text of one token; in a longer one all of a "
                "row is larger or smaller by one factor, because the last norm divides by the "
                "size of the stream."
            )
        )


def _say_near(view: TableView, likeness: float) -> None:
    if view.no_sum is not None:
        words = _(
            "An approximation: what stands at a place here has more in it than its token, and "
            "this table knows only what each token becomes if it is all there is. On the text "
            "above, its scores follow those of the forward pass with a correlation of "
            "{likeness:.2f}: 1 would be the same, 0 unrelated.",
            likeness=likeness,
        )
    else:
        words = _(
            "An approximation: what stands at a place here has more in it than its token, and "
            "these tables know only what each token becomes if it is all there is. On the text "
            "above, the scores of the first follow those of the forward pass with a correlation "
            "of {likeness:.2f}: 1 would be the same, 0 unrelated.",
            likeness=likeness,
        )
    st.caption(words)


def _show_link(view: TableView, head: tuple[int, int]) -> None:
    st.page_link(
        page_file("attention"), label=_("See where this head looks"), icon=":material/grid_on:",
        query_params=view.question.query(**{url.LAYER: head[0] + 1, url.HEAD: head[1] + 1}),
    )  # fmt: skip


def show_title(words: str) -> None:
    """A title over one of several tables."""
    st.markdown(f"**{escape(words)}**")


def _name(head: tuple[int, int]) -> str:
    return f"{head[0] + 1}.{head[1] + 1}"
