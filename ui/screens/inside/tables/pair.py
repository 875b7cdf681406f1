"""What makes one token follow another: the first as the whole text, part by part."""

import math

import pandas as pd
import streamlit as st

from minigpt.introspection.attribution.receipt import Part
from ui.charts.receipt import Line, shares_chart
from ui.components.tables import save_table
from ui.i18n import _, numeral
from ui.messages import escape
from ui.screens.inside.question import Question, code_of, name_of
from ui.screens.inside.receipt import MOST_BARS, shown_lines
from ui.screens.inside.tables.view import TableView, choose_token_pair
from ui.services.inside.token_pairs import NextTokenExplanation, explain_next_token
from ui.session import url
from ui.theme import palette
from ui.wording import percent

KEY = "following-bars"


def show_pair(view: TableView) -> None:
    """Two tokens, the parts that make the one follow the other, and what the text says."""
    label = view.question.label
    names = {"first": label(view.first_token), "then": label(view.next_token)}
    title = _("What makes “{then}” follow “{first}”?", **names)
    st.subheader(escape(title), anchor=False)
    left, right = st.columns([2, 3], gap="large")
    found = explain_next_token(view.question.model_on_text, view.first_token, view.next_token)
    with left:
        choose_token_pair(view)
        _say(view, found, names)
    with right:
        _draw(found)
        name = f"following-step{view.question.chosen.step}"
        save_table(following_table(found, names["then"]), name)


def lead_to_pair(question: Question) -> None:
    """From the receipt of one place to what holds wherever that token stands."""
    here = question.chosen.trained.tokenizer.encode(question.text)[question.position]
    first, then = question.label(here), question.label(question.token)
    st.button(
        escape(_("What makes “{then}” follow “{first}”?", first=first, then=then)),
        icon=":material/table_chart:", type="tertiary", on_click=_go_to_pair,
        help=_(
            "The same question of a text that is this one token; and how often it is so in the "
            "training text, where that is here."
        ),
    )  # fmt: skip


def _go_to_pair() -> None:
    url.write_choices(url.ASKING, **{url.SECTION: "tables"})


def _say(view: TableView, found: NextTokenExplanation, names: dict[str, str]) -> None:
    size = len(view.question.logits)
    odds = _(
        "Where “{first}” is all that the model has read, “{then}” comes next with {share} %; "
        "guessing evenly would be {chance} %.",
        share=percent(found.odds), chance=percent(1 / size), **names,
    )  # fmt: skip
    st.markdown(escape(odds))
    if found.counted is not None:
        st.markdown(escape(_in_the_text(found.counted, names)))
    part = largest_part(found)
    most = _(
        "The largest share comes from {part}: {share:+.2f} of {total:+.2f} nats.",
        part=name_of(part), share=found.shares[found.parts.index(part)], total=sum(found.shares),
    )  # fmt: skip
    st.markdown(f"**{escape(most)}**")
    place = found.parts.index(part)
    if place < len(found.without):
        known = _(
            "By experiment: without {part}, “{then}” would come next with {share} %.",
            part=name_of(part), then=names["then"], share=percent(found.without[place]),
        )  # fmt: skip
        st.markdown(escape(known))
    st.caption(
        _(
            "Exact for a text of this one token: all bars together are how far its logit is above "
            "the mean of all. Click a bar to look closer at that part."
        )
    )


def _in_the_text(counted: tuple[int, int], names: dict[str, str]) -> str:
    times, of = counted
    if not of:
        return _("“{first}” does not come in the beginning of the training text.", **names)
    return _(
        "In the beginning of the training text “{then}” follows {times:,} of {of:,} “{first}”: "
        "{share} %.",
        times=times, of=of, share=percent(times / of), **names,
    )  # fmt: skip


def largest_part(found: NextTokenExplanation) -> Part:
    """The part that adds most to the logit."""
    return max(zip(found.shares, found.parts, strict=True), key=lambda one: one[0])[1]


def following_table(found: NextTokenExplanation, then: str) -> pd.DataFrame:
    """A row for each part: what it adds, and what would be without it, where that was tried."""
    without = [100 * share for share in found.without]
    return pd.DataFrame(
        {
            _("part"): [name_of(part) for part in found.parts],
            _("adds itself"): found.shares,
            _("“{then}” comes next without it (%)", then=then): [
                *without, *[math.nan] * (len(found.parts) - len(without)),
            ],
        }
    )  # fmt: skip


def _draw(found: NextTokenExplanation) -> None:
    lines = [
        Line(name=name_of(part), share=share)
        for part, share in zip(found.parts, found.shares, strict=True)
    ]
    shown = shown_lines(lines)
    by_name = {name_of(part): part for part in found.parts}

    def chosen() -> None:
        points = st.session_state[KEY].selection.points
        place = points[0]["point_index"] if points else len(shown)
        if place < min(len(shown), MOST_BARS) and shown[place].name in by_name:
            choose_part(by_name[shown[place].name])

    st.plotly_chart(
        shares_chart(shown, palette()), key=KEY, theme=None, config={"displayModeBar": False},
        on_select=chosen, selection_mode="points",
        alt=", ".join(f"{line.name} {numeral(line.share, '+.2f')}" for line in shown),
    )  # fmt: skip


def choose_part(part: Part) -> None:
    """A head is shown below, neurons in their own section, any other part in the receipt."""
    if part.layer is not None and part.head is not None:
        url.write_choices(**{url.LAYER: part.layer + 1, url.HEAD: part.head + 1})
    elif part.kind == "feed_forward" and part.layer is not None:
        url.write_choices(url.NEURON, **{url.LAYER: part.layer + 1, url.SECTION: "neurons"})
    else:
        url.write_choices(**{url.PART: code_of(part), url.SECTION: "receipt"})
