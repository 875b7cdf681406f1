"""Which run did most with the same amount of computing."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.runs.analysis.leaderboard import (
    ComputeHistory,
    Contestant,
    Standing,
    budgets,
    contestant,
    fair_budget,
    rank_at,
)
from minigpt.runs.store import RunSummary
from minigpt.sentences import N_
from ui import messages
from ui.components.tables import column_format, in_language
from ui.i18n import _, number_marks, numeral, translated
from ui.pickers import tell_apart
from ui.services.runs import compute_history, corpus_title
from ui.session import url
from ui.wording import count, number

logger = logging.getLogger(__name__)
STOPS = 25
HELP = N_(
    "Counted as 6 × parameters × tokens seen, in floating point operations: two for each weight "
    "and token on the way forward, four on the way back. All parameters count, tables of tokens "
    "too. What attention spends on comparing tokens is left out."
)


def draw_leaderboard(runs: Sequence[RunSummary], chosen: Sequence[str]) -> None:
    """The runs on one text, ranked at a budget that a slider sets.

    Args:
        runs: every run.
        chosen: ids of the runs that are compared; the first one's text is ranked first.
    """
    histories = _histories(runs)
    by_text = _by_text(runs, histories)
    if not by_text:
        st.caption(_("Runs are ranked here once they have been judged by their validation text."))
        return
    text = _choose_text(by_text, histories, chosen)
    ready, left_out = _contestants(by_text[text], histories)
    if ready:
        _draw_ranking(ready, {run.id: run.name for run in runs})
    for reason, names in left_out.items():
        st.caption(
            _(
                "Left out, because {reason}: {names}.",
                reason=translated(reason),
                names=messages.escape(", ".join(names)),
            )
        )


def ranking_table(standings: Sequence[Standing], names: Mapping[str, str]) -> pd.DataFrame:
    """One row a run, the best first; those that have not got that far come last."""
    return pd.DataFrame(
        {
            "Rank": [standing.rank for standing in standings],
            "Run": [names[standing.run] for standing in standings],
            "Bits": [standing.best.bits if standing.best else None for standing in standings],
            "Step": [standing.best.step if standing.best else None for standing in standings],
            "Remark": [rank_remark(standing) for standing in standings],
        }
    ).astype({"Rank": "Int64", "Step": "Int64"})


def rank_remark(standing: Standing) -> str:
    """What keeps a run from a rank; empty if it has one."""
    if standing.rank is not None:
        return ""
    if standing.best is None:
        return _("first judged beyond this budget")
    if not standing.last.compute:
        return _("was never judged after its start")
    return _(
        "got as far as {operations}, step {step}",
        operations=operations(standing.last.compute),
        step=count(standing.last.step),
    )


def operations(compute: float) -> str:
    """A number of floating point operations, with a power of ten if it is large."""
    if compute < 1e6:
        return _("{number} operations", number=number(compute))
    mantissa, exponent = f"{compute:.1e}".split("e")
    shown = numeral(float(mantissa), ".1f")
    power = str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return _("{mantissa} × 10{power} operations", mantissa=shown, power=power)


def _histories(runs: Sequence[RunSummary]) -> dict[str, ComputeHistory]:
    found = {}
    for run in runs:
        try:
            found[run.id] = compute_history(run.id)
        except Exception:  # deleted meanwhile, or damaged: its row says so
            logger.exception("%s cannot be ranked.", run.id)
    return found


def _by_text(
    runs: Sequence[RunSummary], histories: Mapping[str, ComputeHistory]
) -> dict[str, list[RunSummary]]:
    by_text: dict[str, list[RunSummary]] = {}
    for run in runs:
        if run.id in histories and histories[run.id].looks:
            by_text.setdefault(histories[run.id].text, []).append(run)
    return by_text


def _choose_text(
    by_text: Mapping[str, Sequence[RunSummary]],
    histories: Mapping[str, ComputeHistory],
    chosen: Sequence[str],
) -> str:
    wanted = [histories[one].text for one in chosen if one in histories]
    most = max(by_text, key=lambda text: len(by_text[text]))
    default = next((text for text in wanted if text in by_text), most)
    if len(by_text) == 1:
        return default
    titles = _titles(by_text)
    return url.select(
        _("Text"), list(by_text), name=url.CORPUS_RANKED, default=default, show=titles.__getitem__
    )


def _titles(by_text: Mapping[str, Sequence[RunSummary]]) -> dict[str, str]:
    titles = {text: corpus_title(runs[0].corpus) for text, runs in by_text.items()}
    # A text that was changed keeps its name.
    return tell_apart(titles, titles.__getitem__, mark=lambda checksum: checksum[:8])


def _contestants(
    runs: Sequence[RunSummary], histories: Mapping[str, ComputeHistory]
) -> tuple[list[Contestant], dict[str, list[str]]]:
    ready: list[Contestant] = []
    left_out: dict[str, list[str]] = {}
    for run in runs:
        found = contestant(
            run.id,
            histories[run.id],
            parameters=run.parameters,
            characters_per_token=run.characters_per_token,
        )
        if isinstance(found, Contestant):
            ready.append(found)
        else:
            left_out.setdefault(found, []).append(run.name)
    return ready, left_out


def _draw_ranking(ready: Sequence[Contestant], names: Mapping[str, str]) -> None:
    stops = {_label(stop): stop for stop in budgets(ready, STOPS)}
    default = fair_budget(ready, list(stops.values()))
    if default is None:
        st.caption(_("None of these runs has learnt from a token yet."))
        return
    budget = stops[_choose_budget(stops, default)] if len(stops) > 1 else default
    standings = rank_at(ready, budget)
    st.dataframe(
        in_language(ranking_table(standings, names), {"Bits": ".3f", "Step": ","}),
        hide_index=True,
        placeholder="–",
        key="leaderboard",
        alt=_(
            "Runs ranked by bits per character within {operations}", operations=operations(budget)
        ),
        column_config=_columns(),
    )
    st.caption(
        _(
            "Lowest bits per character that each run reached within {operations}. Lower is better.",
            operations=operations(budget),
        )
    )


def _choose_budget(stops: Mapping[str, float], default: float) -> str:
    labels = list(stops)
    return url.slide(
        _("Compute spent on training, in operations"), labels, name=url.BUDGET,
        default=_label(default), help=translated(HELP),
        show=lambda one: one.replace(".", number_marks()[0]),
    )  # fmt: skip


def _label(compute: float) -> str:
    return f"{compute:.1e}".replace("e+0", "e").replace("e+", "e")


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "Rank": column.NumberColumn(_("Rank"), width=45, alignment="center"),
        "Run": column.TextColumn(_("Run"), width=165),
        "Bits": column.NumberColumn(_("Bits/char"), width=75, format=column_format("%.3f")),
        "Step": column.NumberColumn(
            _("Step"),
            width=60,
            format=column_format("localized"),
            help=_("Where it was this good within the budget."),
        ),
        "Remark": column.TextColumn("", width=240),
    }
