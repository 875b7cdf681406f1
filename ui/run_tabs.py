"""The details of a run, one tab each; only the open one is worked out."""

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import streamlit as st

from ui import charts
from ui.services import RunSnapshot, store
from ui.theme import palette
from ui.wording import count

LOG_TAIL_CHARACTERS = 8000


def draw(run: RunSnapshot) -> None:
    """The tabs of one run."""
    tabs = st.tabs(list(TABS), key=f"tabs-{run.summary.id}", on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(run)


def _samples(run: RunSnapshot) -> None:
    if not run.samples:
        st.caption("A sample of text is written at every evaluation.")
    for sample in reversed(run.samples):
        st.caption(f"step {count(sample['step'])}")
        st.code(sample["text"].strip("\n"), language=None, wrap_lines=True)


def _rates(run: RunSnapshot) -> None:
    for name, title in {
        "learning_rate": "learning rate",
        "gradient_norm": "gradient length",
    }.items():
        curve = run.curves[name]
        if curve:
            st.echarts_chart(
                charts.metric_chart(title, curve, palette(), steps=max(1, run.summary.steps)),
                height=240, key=f"{name}-{run.summary.id}", alt=f"{title} over steps",
            )  # fmt: skip
    _download(run)


def _download(run: RunSnapshot) -> None:
    st.download_button(
        "Download all metrics (CSV)", lambda: metrics_csv(run.summary.id),
        file_name=f"{run.summary.id}-metrics.csv", mime="text/csv", icon=":material/download:",
        on_click="ignore", key=f"metrics-{run.summary.id}",
    )  # fmt: skip


def metrics_csv(run_id: str) -> bytes:
    """Every logged step, nothing thinned out."""
    table = pd.DataFrame(store().open(run_id).lines("metrics"))
    return table.to_csv(index=False).encode("utf-8")


def _settings(run: RunSnapshot) -> None:
    rows = [
        {"setting": f"{section}.{name}", "value": str(value)}
        for section, values in run.config.items()
        if isinstance(values, dict)
        for name, value in values.items()
    ]
    rows.append({"setting": "seed", "value": str(run.config.get("seed"))})
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Every setting of this run")


def _events(run: RunSnapshot) -> None:
    if not run.events:
        st.caption("What happens to the run is listed here.")
        return
    rows = [
        {
            "time": datetime.fromtimestamp(event["at"]).strftime("%H:%M:%S"),
            "event": event["text"],
            "step": event.get("step"),
        }
        for event in run.events
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="What happened to this run")


def _log(run: RunSnapshot) -> None:
    try:
        text = store().open(run.summary.id).log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    st.code(text[-LOG_TAIL_CHARACTERS:] or "Nothing was printed.", language=None, wrap_lines=True)


TABS: dict[str, Callable[[RunSnapshot], None]] = {
    "Samples": _samples,
    "Learning rate and gradients": _rates,
    "Settings": _settings,
    "Events": _events,
    "Log": _log,
}
