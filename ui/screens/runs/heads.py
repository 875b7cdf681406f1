"""Which heads the compared runs grew: matched by what they do, not by where they sit."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.patterns import Pattern
from minigpt.runs.analysis.inside.growth import Growth, Recurrence, recurrences
from ui import messages
from ui.components.head_tiles import title
from ui.i18n import _, numeral, translated
from ui.screens.inspect.report import NAMES, PLACES, signed
from ui.services.heads import grown_heads
from ui.wording import count


def draw_heads(names: Mapping[str, str]) -> None:
    """What grew in how many of the runs, and when.

    Args:
        names: What to call each run, by its id.
    """
    grown = _look(names)
    if not grown:
        return
    found = recurrences(grown)
    for kind, one in found.items():
        st.markdown(messages.escape(in_words(kind, one)))
    if not found:
        st.write(_("No head of these runs looks at one kind of place far more than by chance."))
        return
    st.dataframe(growth_table(grown, names), hide_index=True, key="grown-heads")
    st.caption(
        _(
            "Of each run the head that is missed most among those that do it, at its last kept "
            "step. Without it: how much the loss rises when it is silenced, in nats a token. A "
            "step is the first kept one at which a head of the run did it; in brackets the kept "
            "one before, at which none did."
        )
    )


def _look(names: Mapping[str, str]) -> list[Growth]:
    grown, bar = [], st.progress(0.0)
    for number, (run_id, name) in enumerate(names.items()):
        bar.progress(number / len(names), text=messages.escape(name))
        try:
            grown.append(grown_heads(run_id))
        except MiniGPTError as error:
            messages.show_broken(name, error)
    bar.empty()
    return grown


def in_words(kind: Pattern, one: Recurrence) -> str:
    """In how many runs a kind grew, and when."""
    place = translated(PLACES[kind])
    step = numeral(one.step or 0, ",.0f")
    if one.spread is None:
        return _(
            "{grown} of {runs} runs grew a head that looks at {place}, first seen at step {step}; "
            "by experiment: {proven}.",
            grown=one.grown, runs=one.runs, place=place, step=step, proven=one.proven,
        )  # fmt: skip
    return _(
        "{grown} of {runs} runs grew a head that looks at {place}, first seen at step {step} ± "
        "{spread}; by experiment: {proven}.",
        grown=one.grown, runs=one.runs, place=place, step=step,
        spread=numeral(one.spread, ",.0f"), proven=one.proven,
    )  # fmt: skip


def growth_table(grown: Sequence[Growth], names: Mapping[str, str]) -> pd.DataFrame:
    """A row for each run and kind."""
    return pd.DataFrame(
        [
            {
                _("run"): names[run.run],
                _("looks at"): translated(NAMES[kind]),
                _("head"): title(*one.head, ""),
                _("share"): numeral(one.share, ".2f"),
                _("by chance"): numeral(one.chance, ".2f"),
                _("without it"): signed(one.effect),
                _("step"): count(one.step)
                if one.before is None
                else f"{count(one.step)} ({count(one.before)})",
            }
            for run in grown
            for kind, one in run.grown.items()
        ]
    )
