"""The details of a run, one tab each; only the open one is worked out."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.runs.analysis.curves import crossings
from ui.charts.options import ChartView
from ui.screens.run.checkpoints import saved_moments
from ui.screens.run.run_lessons import happenings
from ui.screens.run.samples import sample_timeline
from ui.screens.run.tabs import rates, system
from ui.services.runs import entropy_lines, log_tail, store
from ui.services.snapshot import RunSnapshot


def draw(run: RunSnapshot, view: ChartView) -> None:
    """The tabs of one run."""
    tabs = st.tabs(list(TABS), key=f"tabs-{run.summary.id}", on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(run, view)


def _samples(run: RunSnapshot, _view: ChartView) -> None:
    sample_timeline(run)


def _moments(run: RunSnapshot, _view: ChartView) -> None:
    saved_moments(run)


def _events(run: RunSnapshot, _view: ChartView) -> None:
    rows = happenings(run.events, crossings(run.records.lows, entropy_lines(run)))
    if not rows:
        st.caption("What happens to the run is listed here.")
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="What happened to this run")


def _settings(run: RunSnapshot, _view: ChartView) -> None:
    st.dataframe(
        pd.DataFrame(setting_rows(run.config)), hide_index=True, alt="Every setting of this run"
    )


def setting_rows(config: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each setting by its path, as `--set` takes it."""
    rows = [
        {"setting": f"{section}.{name}", "value": str(value)}
        for section, values in config.items()
        if isinstance(values, dict)
        for name, value in values.items()
    ]
    return [*rows, {"setting": "seed", "value": str(config.get("seed"))}]


def _log(run: RunSnapshot, _view: ChartView) -> None:
    end = log_tail(run.summary.id)
    if not end.text:
        st.caption("Nothing was printed.")
        return
    if end.is_cut:
        st.caption("The end of what its process printed:")
    st.code(end.text, language=None, wrap_lines=True)
    st.download_button(
        "Download the whole log", store().open(run.summary.id).log.read_bytes,
        file_name=f"{run.summary.id}-log.txt", mime="text/plain", icon=":material/download:",
        on_click="ignore", key=f"log-{run.summary.id}",
    )  # fmt: skip


TABS: dict[str, Callable[[RunSnapshot, ChartView], None]] = {
    "Samples": _samples,
    "Learning rate and gradients": rates,
    "Saved moments": _moments,
    "Events": _events,
    "System": system,
    "Settings": _settings,
    "Log": _log,
}
