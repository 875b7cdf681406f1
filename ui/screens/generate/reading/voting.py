"""The text's own vote: what followed the same context there, beside what the model expects."""

from html import escape as in_html

import pandas as pd
import streamlit as st

from minigpt.reading.overlap import Overlap
from minigpt.reading.places import Place
from minigpt.reading.vote import Vote, model_odds, votes
from ui import messages
from ui.charts.figure_style import figure_style
from ui.components.model_picker import ChosenModel
from ui.components.tables import save_table
from ui.i18n import _, ngettext, numeral
from ui.theme import palette
from ui.wording import count, glyph

SHOWN = 8
CAME = "▸ "
STYLE = """
<style>
.votes { width: 100%; border-collapse: collapse; font-size: 0.875rem; margin: 0;
  font-variant-numeric: tabular-nums; }
.votes th, .votes td { padding: 0.3rem 0.5rem; border: 0; text-align: left; font-weight: 400; }
.votes thead th { vertical-align: bottom; opacity: 0.75; }
.votes tbody th { font-family: monospace; white-space: pre; }
.votes td:nth-child(2), .votes th:nth-child(2) { text-align: right; }
.votes td:nth-child(n+3), .votes th:nth-child(n+3) { width: 34%; }
.votes td > div { display: flex; flex-wrap: wrap; gap: 0.2rem 0.5rem; align-items: center; }
.votes td > div > span:last-child { flex: 0 0 3.2em; text-align: right; margin-left: auto; }
.votes .fig-track { flex: 1 1 5rem; height: 0.5rem; }
</style>
"""


def show_votes(chosen: ChosenModel, found: Overlap, placed: list[Place], at: int) -> None:
    """What stood at the chosen place by the counts, and by the model."""
    st.subheader(
        _("The text's own vote"), anchor=False,
        help=_(
            "The longest part of what stands before the chosen place is looked up in the training "
            "text, and what came next there is counted, without any model. Where the model says "
            "something else, it does more than remember."
        ),
    )  # fmt: skip
    before = [one.piece.id for one in placed[:at] if one.piece.id is not None]
    # A text begins after a line break, for the model as for the counts; not every model has one.
    context = [*chosen.trained.prompt_ids(""), *before]
    counted = votes(context, found.training) if context else []
    if not counted:
        st.caption(_("Nothing of what stands before is in the training text."))
        return
    odds = model_odds(chosen.trained, before)
    came = placed[at].piece.id
    if came is not None:
        st.caption(_("{sign}is what stands there in the text.", sign=CAME))
    st.html(figure_style(palette()) + STYLE)
    tables = []
    for vote in counted:
        table, words = vote_table(chosen, vote, odds, came=came), _words(chosen, vote)
        st.markdown(messages.escape(words))
        st.html(as_html(table, words))
        tables.append(table.assign(**{_("after"): _context(chosen, vote)}))
    save_table(pd.concat(tables), f"{chosen.run_id}-step-{chosen.step}-votes")


def _context(chosen: ChosenModel, vote: Vote) -> str:
    return "".join(map(glyph, chosen.trained.tokenizer.decode(vote.context)))


def _words(chosen: ChosenModel, vote: Vote) -> str:
    context = _context(chosen, vote)
    shown = f"…{context[-40:]}" if len(context) > 40 else context
    if not vote.context:
        return ngettext(
            "Among all tokens, {count:,} of them:", "Among all tokens, {count:,} of them:",
            vote.places,
        )  # fmt: skip
    return ngettext(
        "After “{context}”, found in {count:,} place:",
        "After “{context}”, found in {count:,} places:",
        vote.places,
        context=shown,
    )


def as_html(table: pd.DataFrame, label: str) -> str:
    """A vote's table with a bar in each share; all that stands in it may come from anybody."""
    head = "".join(f"<th scope='col'>{in_html(name)}</th>" for name in map(str, table))
    rows = (
        f"<tr><th scope='row'>{in_html(token)}</th><td>{count(times)}</td>"
        f"{_share(there)}{_share(model)}</tr>"
        for token, times, there, model in table.itertuples(index=False)
    )
    return (
        f"<table class='votes' aria-label='{in_html(label, quote=True)}'>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _share(percent: float) -> str:
    return (
        f"<td><div><span class='fig-track'><b style='width:{round(percent, 1)}%'></b></span>"
        f"<span>{numeral(percent, '.1f')}</span></div></td>"
    )


def vote_table(
    chosen: ChosenModel, vote: Vote, odds: list[float], *, came: int | None
) -> pd.DataFrame:
    """The tokens that followed most often and those that the model expects most, in one table."""
    vocabulary = chosen.trained.tokenizer.vocabulary
    counts = dict(vote.counts)
    likeliest = sorted(range(len(odds)), key=lambda id: -odds[id])[: SHOWN // 2]
    ids = list(dict.fromkeys([*[id for id, _n in vote.counts[: SHOWN // 2]], *likeliest]))
    if came is not None and came not in ids:
        ids.append(came)
    return pd.DataFrame({
        _("next"): [f"{CAME if id == came else ''}{glyph(vocabulary[id])}" for id in ids],
        _("counted"): [counts.get(id, 0) for id in ids],
        _("share there (%)"): [100 * vote.share(id) for id in ids],
        _("the model (%)"): [100 * odds[id] for id in ids],
    })  # fmt: skip
