"""A second model that reads the same text, and where the two differ."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.reading.surprise import ComparedPiece, Surprise, compare_readings
from minigpt.runs.directory import choose_checkpoint
from ui import messages
from ui.components.model_picker import ChosenModel
from ui.components.token_strip import Channel, token_strip
from ui.i18n import _, numeral
from ui.screens.generate.reading.passage import choose_token
from ui.services import runs
from ui.services.reading import surprise
from ui.session import url
from ui.wording import as_csv, count

NOBODY = "none"
MOST_DIFFERENCE = 4.0
"""Bits at which the colours of a difference are strongest, in every text and for all models."""


@dataclass(frozen=True)
class SecondModel:
    """Another model, at its best step, with the same text."""

    name: str
    surprise: Surprise


def choose_second(chosen: ChosenModel, text: str) -> SecondModel | None:
    """A list of the other models, with nobody chosen at first."""
    names = {run.id: run.name for run in runs.all_runs() if run.id != chosen.run_id}
    if not names:
        return None
    run_id = url.select(
        _("Compare with"), [NOBODY, *names], name=url.BESIDE, default=NOBODY,
        show=lambda one: names.get(one) or _("no other model"),
        help=_("A second model reads the same text, at its best saved step."),
    )  # fmt: skip
    if run_id == NOBODY or not text.strip():
        return None
    try:
        step = choose_checkpoint(runs.store().open(run_id), None).step
        name = _("{model}, step {step}", model=names[run_id], step=count(step))
        return SecondModel(name, surprise(run_id, step, text))
    except MiniGPTError as error:
        messages.show_error(error)
        return None


def show_difference(first: Surprise, run_id: str, name: str, second: SecondModel) -> None:
    """Where each of two models knew better, in two colours."""
    st.subheader(_("Where the two differ"), anchor=False)
    pieces = compare_readings(first, second.surprise)
    strip = Channel(
        values=np.array([np.nan if one.difference is None else one.difference for one in pieces]),
        high=MOST_DIFFERENCE, signed=True, unit=_("bits by which the first model knew better"),
    )  # fmt: skip
    token_strip(
        [first.text[one.start : one.end] for one in pieces],
        key="surprise-difference",
        label=_("The text; blue where the first model knew better, brown where the second did"),
        chosen=None,
        background=strip,
        on_choose=partial(_choose_piece, first, pieces),
    )
    _explain(name, second.name, len(pieces))
    _say_unread(second)
    st.download_button(
        _("The differences (CSV)"), lambda: to_csv(first, pieces, (name, second.name)),
        file_name=f"{run_id}-difference.csv",
        mime="text/csv", icon=":material/download:", on_click="ignore", type="tertiary",
    )  # fmt: skip


def _explain(first: str, second: str, pieces: int) -> None:
    st.caption(
        messages.escape(
            _(
                "Blue: {first} knew better. Brown: {second} did. The colours are strongest at "
                "{most} bits, in every text alike; where there is none, both knew it alike or "
                "one of them cannot read it. {count} pieces are compared, each as small as the "
                "tokens of both models allow.",
                first=first,
                second=second,
                most=numeral(MOST_DIFFERENCE, ".0f"),
                count=count(pieces),
            )
        )
    )


def _say_unread(second: SecondModel) -> None:
    if second.surprise.unread:
        st.caption(
            messages.escape(
                _(
                    "{model} cannot read {unread} of the characters; its total is that of the "
                    "others.",
                    model=second.name,
                    unread=count(second.surprise.unread),
                )
            )
        )


def _choose_piece(first: Surprise, pieces: list[ComparedPiece], index: int) -> None:
    """The first model's token that ends where the piece does."""
    ends = [one.place.end for one in first.tokens]
    choose_token(ends.index(pieces[index].end))


def to_csv(first: Surprise, pieces: list[ComparedPiece], names: tuple[str, str]) -> bytes:
    """A row for each piece: its text, and what it cost both models, in bits; and who they are."""
    table = pd.DataFrame({
        "text": [first.text[one.start : one.end] for one in pieces],
        "first_model": names[0],
        "second_model": names[1],
        "first_bits": [one.first for one in pieces],
        "second_bits": [one.second for one in pieces],
        "difference": [one.difference for one in pieces],
    })  # fmt: skip
    return as_csv(table)
