"""What the section of embeddings shows, as files."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from ui.charts.vectors.points import Points
from ui.i18n import _
from ui.screens.inside.question import Question
from ui.screens.inside.vectors.layout import Map
from ui.services.inside.vectors import NearTokens, Table, vowel_gatherings
from ui.theme import Palette, palette
from ui.wording import as_csv, count


def show_downloads(question: Question, found: Map, table: Table, beside: NearTokens) -> None:
    """A menu of files, each made when it is asked for."""
    step, colors = question.chosen.step, palette()
    with st.popover(_("Take it home"), icon=":material/download:", type="tertiary"):
        _offer(
            _("This map (SVG)"), lambda: map_drawing(question, found, colors),
            f"embeddings-step{step}.svg", "image/svg+xml",
        )  # fmt: skip
        _offer(
            _("Where the tokens lie, at each step of the film (CSV)"),
            lambda: as_csv(place_table(question, found)), "embeddings.csv", "text/csv",
        )  # fmt: skip
        _offer(
            _("The neighbours (CSV)"), lambda: as_csv(neighbour_table(question, beside)),
            f"neighbours-step{step}.csv", "text/csv",
        )  # fmt: skip
        if vowel_gatherings(question.chosen.run_id, [step], table):
            _offer(
                _("The vowels at each step (CSV)"),
                lambda: as_csv(vowel_table(question, found, table)), "vowels.csv", "text/csv",
            )  # fmt: skip


def _offer(label: str, make: Callable[[], bytes], name: str, mime: str) -> None:
    st.download_button(label, make, file_name=name, mime=mime, on_click="ignore", type="tertiary")


def map_drawing(question: Question, found: Map, colors: Palette) -> bytes:
    """The map at this step, as it is on the screen but for the lines."""
    step = question.chosen.step
    return Points(
        title=_("Where the tokens lie at step {step}", step=count(step)),
        tokens=found.placed(question, step), frame=found.frame, shares=found.places[step].shares,
    ).svg(colors)  # fmt: skip


def place_table(question: Question, found: Map) -> pd.DataFrame:
    """A row for each token and step."""
    vocabulary = question.chosen.trained.tokenizer.vocabulary
    rows = [
        (step, token, vocabulary[token], x, y)
        for step, seen in found.places.items()
        for token, (x, y) in zip(found.ids, seen.at.tolist(), strict=True)
    ]
    return pd.DataFrame(rows, columns=["step", "id", "token", "first_axis", "second_axis"])


def neighbour_table(question: Question, beside: NearTokens) -> pd.DataFrame:
    """A row for each neighbour, the nearest first, and one for chance."""
    vocabulary = question.chosen.trained.tokenizer.vocabulary
    near = beside.neighbours
    rows: list[tuple[object, str, float]] = [
        (token, vocabulary[token], value)
        for token, value in zip(near.ids, near.likeness, strict=True)
    ]
    return pd.DataFrame(
        [*rows, (None, "mean of any two", beside.chance)], columns=["id", "token", "likeness"]
    )


def vowel_table(question: Question, found: Map, table: Table) -> pd.DataFrame:
    """A row for each step."""
    by_step = vowel_gatherings(question.chosen.run_id, list(found.places), table)
    return pd.DataFrame(
        [
            (step, one.within, one.all_pairs, one.as_close, one.groups)
            for step, one in by_step.items()
        ],
        columns=["step", "vowels", "all_letters", "groups_as_close", "groups"],
    )
