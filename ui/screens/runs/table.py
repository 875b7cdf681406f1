"""Runs as a table, and which of them a search means.

A click on a name opens a run, a tick chooses it for comparison.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from unicodedata import east_asian_width

import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.analysis.evidence import Evidence
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict, judge_evidence
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary, bits_per_character
from ui.components.glossary import meaning_of
from ui.components.tables import column_format, in_language
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.services.runs import corpus_title
from ui.services.verdicts import verdict
from ui.session.selection import after_ticking, choose_runs, chosen_runs
from ui.theme import page_pixels
from ui.wording import age, as_csv, model_title, number

TABLE, OPEN = "run-table", "open-run"
ROW_PIXELS, BORDER_PIXELS, MOST_ROWS = 35, 3, 12
ICON = ":material/arrow_forward:"
NARROWEST_NAME, WIDEST_NAME = 180, 640
LETTER_PIXELS, EDGE_PIXELS = 7.2, 48
"""Of a small letter in a name, on average, and of the arrow and the space on both sides."""
BESIDE_PIXELS, WIDEST_WORDS = 16, 240
"""Of the space on both sides of other words, and of the widest column of them."""
CAPITAL = 1.4
"""Width of a capital letter, in small ones."""
FORMATS: dict[str, str | Callable[..., str]] = {
    "Loss": ".4f", "Last": ".4f", "Bits": ".3f", "Parameters": ",", "Speed": number,
    "Started": lambda moment: age(moment.timestamp()),
}  # fmt: skip
"""How the numbers of a column are written in a language that is not English."""


def run_table(runs: Sequence[RunSummary], known: Sequence[str]) -> None:
    """Draw the table, ticked as the address says. A click on a name leaves the page.

    Args:
        runs: the rows.
        known: the ids of all runs, listed or not.
    """
    ids = [run.id for run in runs]
    _tick(ids, chosen_runs(known))
    shown = table(runs)
    st.dataframe(
        in_language(shown, FORMATS),
        hide_index=True,
        on_select=partial(_note_ticks, ids, known),
        selection_mode="multi-row",
        key=TABLE,
        placeholder="–",
        alt=_("Training runs, newest first. A click on a name opens the run."),
        height=page_pixels(ROW_PIXELS) * (min(len(runs), MOST_ROWS) + 1) + BORDER_PIXELS,
        column_config={"Name": _name_column(runs), **_columns(shown)},
    )
    st.download_button(
        _("Download this table (CSV)"), lambda: runs_csv(runs), file_name="runs.csv",
        mime="text/csv", icon=":material/download:", type="tertiary", on_click="ignore",
        key="runs-csv",
    )  # fmt: skip
    if (opened := opened_run(st.session_state.get(OPEN), ids)) is not None:
        st.switch_page(page_file("run"), query_params={"run": opened})


def table(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """One row a run; first what a phone shows without scrolling sideways."""
    verdicts = [_judged(run) for run in runs]
    columns: dict[str, Any] = {
        # A list of one: a bare name in square brackets would be taken for a list of several.
        "Name": [[f"{ICON} {run.name}"] for run in runs],
        "Loss": [one.best and one.best[1] for one in verdicts],
        "Verdict": [_said(one) for one in verdicts],
        "Last": [one.last and one.last[1] for one in verdicts],
        "Status": [_status(run) for run in runs],
        "Bits": [
            bits_per_character(one.best and one.best[1], run.characters_per_token)
            for run, one in zip(runs, verdicts, strict=True)
        ],
        "Model": [model_title(run.rung) for run in runs],
        "Parameters": [run.parameters for run in runs],
        "Text": [corpus_title(run.corpus) for run in runs],
        "Speed": [_rounded(run.tokens_per_second) for run in runs],
        "Started": [_started_at(run.created_at) for run in runs],
    }
    if any(run.tags for run in runs):
        columns["Tags"] = [list(run.tags) for run in runs]
    return pd.DataFrame(columns)


def runs_csv(runs: Sequence[RunSummary]) -> bytes:
    """The table for a spreadsheet, in which no name or tag can be a formula."""
    columns = table(runs)
    columns["Name"] = [run.name for run in runs]
    if "Tags" in columns:
        columns["Tags"] = [", ".join(run.tags) for run in runs]
    return as_csv(columns)


def opened_run(click: Mapping[str, Any] | None, ids: Sequence[str]) -> str | None:
    """The run whose name was clicked in this very moment; None if none was."""
    row: int = -1 if click is None else click["row"]
    return ids[row] if 0 <= row < len(ids) else None


def _tick(ids: Sequence[str], chosen_ids: Sequence[str]) -> None:
    """Rows move when runs come and go, so their numbers are worked out anew each time."""
    rows = [row for row, run_id in enumerate(ids) if run_id in chosen_ids]
    shown = st.session_state.get(TABLE)
    if shown is None or sorted(shown["selection"]["rows"]) != rows:
        st.session_state[TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}


def _note_ticks(ids: Sequence[str], known: Sequence[str]) -> None:
    rows = st.session_state[TABLE]["selection"]["rows"]
    ticked = [ids[row] for row in rows if row < len(ids)]
    choose_runs(after_ticking(chosen_runs(known), ids, ticked))


def _started_at(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0) if seconds else None
    except (OverflowError, ValueError, OSError):  # a damaged file: no calendar goes that far
        return None


def _judged(run: RunSummary) -> Verdict:
    try:
        return verdict(run)
    except MiniGPTError:  # just deleted
        return judge_evidence(Evidence(validation=()))


def _said(verdict: Verdict) -> str:
    return "" if verdict.kind is Kind.NOT_JUDGED else translated(verdict.title)


def _rounded(speed: float | None) -> float | None:
    return None if speed is None else float(f"{speed:.3g}")


def _status(run: RunSummary) -> str:
    if run.status is Status.RUNNING and run.steps and run.step:
        return _("{share:.0f} % done", share=min(100.0, 100 * run.step / run.steps))
    return translated(str(run.status))


def name_pixels(names: Iterable[str]) -> int:
    """How wide a column has to be for the longest of these names to be read in full."""
    most = max(map(_letters, names), default=0)
    return round(min(max(EDGE_PIXELS + LETTER_PIXELS * most, NARROWEST_NAME), WIDEST_NAME))


def _words_pixels(words: Iterable[str], least: int) -> int:
    """As wide as the longest of them, so that none is cut in the middle."""
    most = max(map(_letters, words), default=0)
    return page_pixels(min(max(BESIDE_PIXELS + LETTER_PIXELS * most, least), WIDEST_WORDS))


def _letters(name: str) -> float:
    """How many small Latin letters are as wide as the name."""
    return sum(
        2.0 if east_asian_width(one) in "WF" else CAPITAL if one.isupper() else 1.0 for one in name
    )


def _name_column(runs: Sequence[RunSummary]) -> Any:
    return st.column_config.ButtonColumn(
        _("Name"), width=page_pixels(name_pixels(run.name for run in runs)), type="tertiary",
        alignment="left", key=OPEN, help=_("A click opens the run."),
    )  # fmt: skip


def _columns(shown: pd.DataFrame) -> dict[str, Any]:
    column = st.column_config
    return _losses(shown) | {
        "Status": column.TextColumn(_("Status"), width=page_pixels(78)),
        "Bits": column.NumberColumn(
            _("Bits/char"), width=page_pixels(74), format=column_format("%.3f"),
            help=_("Bits needed to tell one character of the validation text: the loss in a form "
            "that can be compared between tokenizers."),
        ),
        "Model": column.TextColumn(_("Model"), width=_words_pixels(shown["Model"], 92)),
        "Parameters": column.NumberColumn(
            _("Parameters"), width=page_pixels(88), format=column_format("localized"),
            help=meaning_of("parameter"),
        ),
        "Text": column.TextColumn(_("Text"), width=_words_pixels(shown["Text"], 92)),
        "Speed": column.NumberColumn(
            _("Speed"), width=page_pixels(78), format=column_format("localized"),
            help=_("Tokens that it learns from in a second: the mean over all the time that it "
            "trained, evaluations included.")
        ),
        "Started": column.DatetimeColumn(
            _("Started"), width=page_pixels(110), format=column_format("distance")
        ),
        "Tags": column.ListColumn(_("Tags"), width=page_pixels(98)),
    }  # fmt: skip


def _losses(shown: pd.DataFrame) -> dict[str, Any]:
    column = st.column_config
    return {
        "Loss": column.NumberColumn(
            _("Best"), width=page_pixels(76), format=column_format("%.4f"),
            help=_("Lowest validation loss that the run reached itself, in nats per token. Lower "
            "is better. Compare it only between runs on the same text with the same tokenizer."),
        ),
        "Verdict": column.TextColumn(
            _("Verdict"), width=_words_pixels(shown["Verdict"], 92),
            help=_("What its curves say. Open the run to read why, and what to do about it."),
        ),
        "Last": column.NumberColumn(
            _("Last"), width=page_pixels(76), format=column_format("%.4f"),
            help=_("Validation loss at the last evaluation."),
        ),
    }  # fmt: skip


def matching_runs(
    runs: Sequence[RunSummary], query: str, titles: dict[str, str]
) -> list[RunSummary]:
    """The runs in which every word of a query occurs somewhere, in their order.

    Args:
        runs: where to search.
        query: words, in any order; capitals do not matter.
        titles: the name people read of each text, by its key.
    """
    words = query.casefold().split()
    return [run for run in runs if _has_all(words, _said_of(run, titles))]


def _said_of(run: RunSummary, titles: dict[str, str]) -> str:
    parts = (
        run.name, run.corpus, titles.get(run.corpus, ""), run.rung, model_title(run.rung),
        run.status, run.owner, run.note, *run.tags, run.id,
    )  # fmt: skip
    return "\n".join(parts).casefold()


def _has_all(words: Sequence[str], text: str) -> bool:
    return all(word in text for word in words)
