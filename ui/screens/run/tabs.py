"""The figures of a run beside its loss: learning rate and gradient, speed and memory."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.runs import records
from minigpt.runs.analysis.curves import Curve
from ui.charts import loss
from ui.charts.axes import spans_widely
from ui.charts.options import ChartView
from ui.services.runs import store
from ui.services.snapshot import RunSnapshot
from ui.theme import palette
from ui.wording import count, duration, number, size

CHART_HEIGHT = 240
MEGABYTE = 1e6


def rates(run: RunSnapshot, view: ChartView) -> None:
    """Learning rate and gradient, and all metrics to take home."""
    gradients = run.curves["gradient_norm"]
    # On an even scale one leap of the gradient would flatten all the rest.
    wide = run.has_diverged and spans_widely(gradients)
    _chart(run, view, "learning_rate", "learning rate", run.curves["learning_rate"])
    _chart(run, view, "gradient_norm", "gradient length", gradients, log=view.log or wide)
    st.download_button(
        "Download all metrics (CSV)", lambda: metrics_csv(run.summary.id),
        file_name=f"{run.summary.id}-metrics.csv", mime="text/csv", icon=":material/download:",
        on_click="ignore", key=f"metrics-{run.summary.id}",
    )  # fmt: skip


def system(run: RunSnapshot, view: ChartView) -> None:
    """What the training asks of the computer."""
    facts = system_facts(run.state)
    if facts:
        st.markdown(" · ".join(facts))
    else:
        st.caption("Speed and memory appear here once it trains.")
    _chart(run, view, "tokens_per_second", "tokens per second", run.curves["tokens_per_second"])
    memory = [(step, value / MEGABYTE) for step, value in run.curves["memory"]]
    _chart(run, view, "memory", "memory of its process (MB)", memory)


def system_facts(state: Mapping[str, Any]) -> list[str]:
    """What a worker says of itself, each in a few words; only what it does say."""
    processes = records.whole(state, "processes")
    seconds, memory = records.number(state, "seconds"), records.number(state, "memory")
    speed, threads = records.number(state, "tokens_per_second"), records.whole(state, "threads")
    device, precision = records.text(state, "device"), records.text(state, "precision")
    told = [
        device and {"cpu": "on the processor"}.get(device, f"on {device}"),
        threads and f"{threads} thread{'' if threads == 1 else 's'}",
        f"{processes} processes" if processes and processes > 1 else None,
        precision,
        memory and f"{size(memory)} of memory",
        speed and f"{number(speed)} tokens per second",
        seconds and f"{duration(seconds)} of training",
    ]
    return [words for words in told if words]


def metrics_csv(run_id: str) -> bytes:
    """Every logged step, nothing thinned out."""
    table = pd.DataFrame(store().open(run_id).lines("metrics"))
    return table.to_csv(index=False).encode("utf-8")


def _chart(
    run: RunSnapshot, view: ChartView, name: str, title: str, curve: Curve, *, log: bool = False
) -> None:
    if not curve:
        return
    axes = view.axes(run, log=log)
    last, value = curve[-1]
    st.echarts_chart(
        loss.metric_chart(title, view.drawn(run, curve), palette(), axes=axes),
        height=CHART_HEIGHT, key=f"{name}-{run.summary.id}",
        alt=f"{title.capitalize()} over {axes.name}: {value:.3g} at step {count(int(last))}",
    )  # fmt: skip
