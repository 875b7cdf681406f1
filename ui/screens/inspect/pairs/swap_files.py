"""The map of swaps as files."""

import io
import json
import shlex

import pandas as pd
import streamlit as st

from minigpt.wording import plain_cell
from ui.charts.drawings import numbered_map
from ui.components.model_picker import ChosenModel
from ui.components.plain_text import plain_text
from ui.i18n import _
from ui.screens.inspect.pairs.swap_names import row_labels, row_names, token_name
from ui.services.inside.swaps import SwapFigures
from ui.theme import palette


def show_downloads(chosen: ChosenModel, figures: SwapFigures, text: str, other: str) -> None:
    """A menu of files, and the command that gives the same numbers."""
    with st.popover(_("Take it home"), icon=":material/download:", type="tertiary"):
        name = f"swaps-step{chosen.step}"
        for label, data, ending, mime in (
            (_("The map (CSV)"), to_csv(figures), "csv", "text/csv"),
            (_("The map (SVG)"), to_svg(figures), "svg", "image/svg+xml"),
            (
                _("Everything (JSON)"),
                to_json(chosen, figures, text, other),
                "json",
                "application/json",
            ),
        ):
            st.download_button(
                label, data, file_name=f"{name}.{ending}", mime=mime, on_click="ignore",
                type="tertiary",
            )  # fmt: skip
        st.caption(_("The same numbers on the command line:"))
        words = ["python", "-m", "minigpt", "swap", chosen.run_id, "--step", str(chosen.step)]
        words += ["--text", text, "--other", other, *(["--heads"] if figures.heads else [])]
        plain_text(shlex.join(words))


def to_csv(figures: SwapFigures) -> bytes:
    """The map as a table, under names that stay apart although tokens repeat.

    A row for each state, 0 for the embeddings and n after layer n, or for each head.
    """
    columns = [
        plain_cell(f"{place} {one!r} {other!r}")
        for place, (one, other) in enumerate(zip(figures.tokens, figures.others, strict=True))
    ]
    buffer = io.StringIO()
    table = pd.DataFrame(figures.moved, columns=columns, index=row_labels(figures))
    table.to_csv(buffer, index_label="head" if figures.heads else "state")
    return buffer.getvalue().encode("utf-8")


def to_svg(figures: SwapFigures) -> bytes:
    """The map as a drawing, in the colours of the screen."""
    length = figures.moved.shape[1]
    return numbered_map(
        figures.moved,
        row_names(figures),
        [token_name(figures, place) for place in range(length)],
        palette(), low=-1.0, high=1.0,
    )  # fmt: skip


def to_json(chosen: ChosenModel, figures: SwapFigures, text: str, other: str) -> bytes:
    """Every number, under the names that the command uses."""
    first, second = figures.differences
    moved = [[round(share, 6) for share in row] for row in figures.moved.tolist()]
    by_head = [moved[row : row + figures.heads] for row in range(0, len(moved), figures.heads or 1)]
    return json.dumps(
        {
            "run": chosen.run_id,
            "step": chosen.step,
            "text": text,
            "other": other,
            "text_tokens": figures.tokens,
            "other_tokens": figures.others,
            "answers": figures.answers,
            "logit_difference": {"text": round(first, 6), "other": round(second, 6)},
            **({"moved_by_head": by_head} if figures.heads else {"moved": moved}),
        },
        ensure_ascii=False,
    ).encode("utf-8")
