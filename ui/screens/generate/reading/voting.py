"""The text's own vote: what followed the same context there, beside what the model expects."""

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from minigpt.reading.overlap import Overlap
from minigpt.reading.places import Place
from minigpt.reading.vote import Vote, model_odds, votes
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.i18n import _, browser_format, ngettext
from ui.wording import glyph

SHOWN = 8
CAME = "▸ "


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
    if placed[at].piece.id is not None:
        st.caption(_("{sign}is what stands there in the text.", sign=CAME))
    for vote in counted:
        _show(chosen, vote, odds, came=placed[at].piece.id)


def _show(chosen: ChosenModel, vote: Vote, odds: list[float], *, came: int | None) -> None:
    context = "".join(map(glyph, chosen.trained.tokenizer.decode(vote.context)))
    shown = f"…{context[-40:]}" if len(context) > 40 else context
    words = ngettext(
        "After “{context}”, found in {count:,} place:",
        "After “{context}”, found in {count:,} places:",
        vote.places,
        context=shown,
    )
    if not vote.context:
        words = ngettext(
            "Among all tokens, {count:,} of them:", "Among all tokens, {count:,} of them:",
            vote.places,
        )  # fmt: skip
    st.markdown(messages.escape(words))
    table = vote_table(chosen, vote, odds, came=came)
    shares = {name: (100 * table[name]).round(2) for name in table.columns[2:]}
    st.dataframe(
        table.assign(**shares), hide_index=True,
        column_config={
            _("counted"): st.column_config.NumberColumn(width=70, format="localized"),
            _("share there (%)"): _share(),
            _("the model (%)"): _share(),
        },
    )  # fmt: skip


def _share() -> ColumnConfig:
    return st.column_config.ProgressColumn(
        format=browser_format("%.1f"), min_value=0.0, max_value=100.0, width=100
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
        _("share there (%)"): [vote.share(id) for id in ids],
        _("the model (%)"): [odds[id] for id in ids],
    })  # fmt: skip
