"""The settings in which the chosen runs differ, as a table and in words."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.runs.analysis.config_diff import Comparison, Value, differing_settings


def draw_differences(configs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """One row a setting that is not the same in all runs, one column a run.

    Args:
        configs: each run's config.json, by run.
        names: what to call each run.
    """
    comparison = differing_settings(configs)
    st.subheader("What differs", anchor=False)
    if words := in_words(comparison):
        st.write(words)
    if comparison.is_empty:
        return
    st.dataframe(
        difference_table(comparison, names),
        hide_index=True,
        key="differences",
        alt="Settings that differ between the chosen runs",
        column_config={"Setting": st.column_config.TextColumn(pinned=True)},
    )


def difference_table(comparison: Comparison, names: Mapping[str, str]) -> pd.DataFrame:
    """One row a setting, one column a run."""
    rows = [
        {"Setting": _setting(one.setting)}
        | {names[run]: _value(value) for run, value in one.values.items()}
        for one in comparison.differences
    ]
    return pd.DataFrame(rows)


def in_words(comparison: Comparison) -> str | None:
    """What there is to say where a table would be empty or nearly so; None where it would not."""
    if comparison.is_empty:
        return "These runs have the same settings. On one machine they learn the same."
    if comparison.is_seed_only:
        return "Nothing differs but the seed: what you see between these runs is chance."
    return None


def _setting(path: str) -> str:
    """Such as "learning rate (training)"; what has no section is its own name."""
    section, _, name = path.rpartition(".")
    words = name.replace("_", " ")
    return f"{words} ({section})" if section else words


def _value(value: Value) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
