"""Numbers in tables, as the visitor writes them.

A browser writes the numbers of a table in its own language, or with a point where it is told how
many decimals there are. For another language they are written here, and still sorted as numbers.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from ui.i18n import _, language, numeral
from ui.wording import as_csv

NOTHING = "–"
Written = str | Callable[[object], str] | None


def in_language(
    frame: pd.DataFrame, formats: Mapping[str, str | Callable[..., str]]
) -> pd.DataFrame | Styler:
    """A table whose columns of numbers read as the visitor writes them.

    Args:
        frame: what is shown; in English it stays what it is.
        formats: for each column what `format` takes, or what writes one of its cells.
    """
    if language() == "en":
        return frame
    shown: dict[str, Written] = {
        name: partial(_written, form) for name, form in formats.items() if name in frame
    }
    return frame.style.format(shown)


def save_table(frame: pd.DataFrame, name: str) -> None:
    """Offer a table as a file for a spreadsheet."""
    st.download_button(
        _("This table (CSV)"), lambda: as_csv(frame), file_name=f"{name}.csv", mime="text/csv",
        on_click="ignore", type="tertiary", icon=":material/download:", key=f"save-{name}",
    )  # fmt: skip


def column_format(usual: str) -> str | None:
    """How Streamlit is to write a column of numbers: not at all where `in_language` does."""
    return usual if language() == "en" else None


def _written(form: str | Callable[..., str], value: Any) -> str:
    if value is None or pd.isna(value):
        return NOTHING
    return form(value) if callable(form) else numeral(value, form)
