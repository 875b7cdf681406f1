"""Runs as a table."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from minigpt.runs.store import RunSummary
from ui.services import corpus_title
from ui.wording import age, number


def run_table(runs: Sequence[RunSummary]) -> str | None:
    """Draw the table; the id of the run whose row was chosen, or None."""
    event = st.dataframe(
        table(runs),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key="run-table",
        alt="All training runs, newest first",
        column_config={
            "Progress": st.column_config.ProgressColumn(
                min_value=0.0, max_value=1.0, format="percent"
            ),
            "Validation loss": st.column_config.NumberColumn(
                format="%.4f", help="Lowest so far. Lower is better."
            ),
        },
    )
    rows = event.selection.rows
    return runs[rows[0]].id if rows else None


def table(runs: Sequence[RunSummary]) -> pd.DataFrame:
    """One row a run."""
    return pd.DataFrame(
        {
            "Name": [run.name for run in runs],
            "Status": [str(run.status) for run in runs],
            "Progress": [run.step / run.steps if run.steps else 0.0 for run in runs],
            "Validation loss": [run.best_validation_loss for run in runs],
            "Model": [run.rung for run in runs],
            "Parameters": [number(run.parameters) if run.parameters else "" for run in runs],
            "Text": [corpus_title(run.corpus) for run in runs],
            "Started": [age(run.created_at) for run in runs],
        }
    )
