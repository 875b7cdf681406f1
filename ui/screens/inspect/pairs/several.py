"""Several runs: which heads they grew, matched by what they do and not by where they sit."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.introspection.patterns import Pattern
from minigpt.runs.analysis.inside.growth import Growth
from minigpt.runs.analysis.inside.head_history import Birth
from minigpt.runs.analysis.inside.recurrence import BirthSteps, Recurrence, recurrences
from ui import messages
from ui.components.head_tiles import head_title
from ui.i18n import _, numeral, translated
from ui.navigation import page_file
from ui.pickers import tell_apart
from ui.screens.inspect.pairs.wanted import wants_heads
from ui.screens.inspect.report import NAMES, PLACES, signed_number
from ui.services import runs
from ui.services.heads import grown_heads, relatives
from ui.session import url
from ui.session.selection import chosen_runs
from ui.wording import count


def show_relatives(run_id: str) -> None:
    """The heads of the runs that the address names, else of those of the same recipe."""
    known = {run.id: run.name for run in runs.all_runs()}
    named = chosen_runs(known) if url.in_url(url.CHOSEN) else []
    ids = named if len(named) > 1 else relatives(run_id)
    st.subheader(_("The same heads in other runs?"), anchor=False)
    if len(ids) < 2:
        st.caption(
            _(
                "No other run here has this one's settings and another seed. Train it once more "
                "with another seed, or tick any runs on the page of runs: which heads each of "
                "them grew, and when, tells what is a rule from what was chance."
            )
        )
        st.page_link(page_file("runs"), label=_("Runs"), icon=":material/list:")
        return
    names = tell_apart(ids, known.__getitem__, mark=lambda one: one[-6:])
    st.caption(
        _(
            "{count} runs with the same settings but for their seeds: {names}.",
            count=len(ids), names=messages.escape(", ".join(names.values())),
        )
        if ids is not named
        else _(
            "The {count} runs that were chosen: {names}.",
            count=len(ids), names=messages.escape(", ".join(names.values())),
        )
    )  # fmt: skip
    if wants_heads():
        draw_heads(names)


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
            "Steps are medians over the runs, and ± is how far runs differ (standard deviation). "
            "Where two steps are given, it began between them. Where a head looks is known from "
            "the kept steps, and from frames where a run kept some of a text while it trained; "
            "what is lost without it takes weights, so from kept steps alone. Of each run the "
            "table has the head that is missed most among those that do it, at its last kept "
            "step. Without it: how much the loss rises when it is silenced, in nats a token."
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


def steps_in_words(one: BirthSteps) -> str:
    """A step, or the two between which it lies, and how far runs differ."""
    low, high = (numeral(step, ",.0f") for step in (one.low, one.high))
    if one.spread is None:
        return high if low == high else _("{low} to {high}", low=low, high=high)
    spread = numeral(one.spread, ",.0f")
    if low == high:
        return f"{high} ± {spread}"
    return _("{low} to {high} (± {spread})", low=low, high=high, spread=spread)


def in_words(kind: Pattern, one: Recurrence) -> str:
    """In how many runs a kind grew, and when."""
    place, looks = translated(PLACES[kind]), steps_in_words(one.looks)
    if one.deed is None:
        return _(
            "{grown} of {runs} runs grew a head that looks at {place}, since step {looks}; no "
            "experiment confirms that it is for that.",
            grown=one.grown, runs=one.runs, place=place, looks=looks,
        )  # fmt: skip
    return _(
        "{grown} of {runs} runs grew a head that looks at {place}, since step {looks}; in {proven} "
        "of them an experiment confirms that it is for that, first at step {deed}.",
        grown=one.grown, runs=one.runs, place=place, looks=looks, proven=one.proven,
        deed=steps_in_words(one.deed),
    )  # fmt: skip


def growth_table(grown: Sequence[Growth], names: Mapping[str, str]) -> pd.DataFrame:
    """A row for each run and kind."""
    return pd.DataFrame(
        [
            {
                _("run"): names[run.run],
                _("looks at"): translated(NAMES[kind]),
                _("head"): head_title(*one.head, ""),
                _("share"): numeral(one.share, ".2f"),
                _("by chance"): numeral(one.chance, ".2f"),
                _("without it"): signed_number(one.effect),
                _("looks there since"): _between(one.looks),
                _("known from"): _("frames") if one.is_from_frames else _("kept steps"),
                _("confirmed at"): "–" if one.deed is None else _between(one.deed),
            }
            for run in grown
            for kind, one in run.grown.items()
        ]
    )


def _between(born: Birth) -> str:
    if born.before is None:
        return count(born.step)
    return _("{low} to {high}", low=count(born.before), high=count(born.step))
