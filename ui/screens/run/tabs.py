"""The details of a run, one tab each; only the open one is worked out."""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pandas as pd
import streamlit as st

from minigpt.jobs.worker.throughput import RATE_WINDOW_SECONDS
from minigpt.runs.analysis.curves import Curve, crossings
from minigpt.runs.config import flatten_settings
from minigpt.runs.records import MetricRow, WorkerState
from minigpt.runs.store import RunSummary
from minigpt.sentences import N_
from ui.charts.axes import spans_widely
from ui.charts.loss import metric_chart
from ui.charts.options import ChartView
from ui.components.glossary import meaning_of
from ui.components.plain_text import plain_text
from ui.components.run_header import speed_text
from ui.forms.labels import CHOICES, choice, label, setting_value
from ui.i18n import _, ngettext, translated
from ui.screens.run.checkpoints import draw_checkpoints
from ui.screens.run.explanations import event_rows
from ui.screens.run.samples import sample_timeline
from ui.services.counting import entropy_lines
from ui.services.runs import log_tail, store
from ui.services.snapshot import RunSnapshot
from ui.theme import palette
from ui.wording import count, duration, number, size

CHART_HEIGHT = 240
MEGABYTE = 1e6


def show_rates(run: RunSnapshot, view: ChartView) -> None:
    """Learning rate and gradient, and all metrics to take home."""
    st.caption(
        _("How far each step goes, and how steep the loss is where it stands."),
        help=meaning_of("learning rate", "gradient"),
    )
    gradients = run.curves.gradient_norm
    # On an even scale one leap of the gradient would flatten all the rest.
    wide = run.has_diverged and spans_widely(gradients)
    _chart(run, view, "learning_rate", _("learning rate"), run.curves.learning_rate)
    _chart(run, view, "gradient_norm", _("gradient length"), gradients, log=view.log or wide)
    st.download_button(
        _("Download all metrics (CSV)"), lambda: metrics_csv(run.summary.id),
        file_name=f"{run.summary.id}-metrics.csv", mime="text/csv", icon=":material/download:",
        on_click="ignore", key=f"metrics-{run.summary.id}",
    )  # fmt: skip


def show_system(run: RunSnapshot, view: ChartView) -> None:
    """What the training asks of the computer."""
    facts = system_facts(run.state, run.summary)
    if facts:
        st.markdown(" · ".join(facts))
    else:
        st.caption(_("Speed and memory appear here once it trains."))
    speed = run.curves.tokens_per_second
    title = _("tokens per second, over the last {count} seconds", count=number(RATE_WINDOW_SECONDS))
    _chart(run, view, "tokens_per_second", title, speed)
    memory = [(step, value / MEGABYTE) for step, value in run.curves.memory]
    _chart(run, view, "memory", _("memory of its process (MB)"), memory)


def system_facts(state: WorkerState, summary: RunSummary) -> list[str]:
    """What a worker says of itself, each in a few words; only what it does say."""
    told = [
        _where(state.device),
        state.threads and ngettext("{count} thread", "{count} threads", state.threads),
        _("{processes} processes", processes=state.processes)
        if state.processes and state.processes > 1
        else None,
        state.precision,
        state.memory and _("{memory} of memory", memory=size(state.memory)),
        *speed_text(summary),
        summary.seconds and _("{seconds} of training", seconds=duration(summary.seconds)),
    ]
    return [words for words in told if words]


def _where(device: str | None) -> str | None:
    if device == "cpu":
        return _("on the processor")
    return _("on {device}", device=device) if device else None


def metrics_csv(run_id: str) -> bytes:
    """Every logged step, nothing thinned out."""
    # A row at a time, because there may be a million; nothing but numbers is in one.
    buffer = io.StringIO()
    names = [one.name for one in fields(MetricRow)]
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow("last_batch_loss" if name == "train_loss" else name for name in names)
    for row in store().open(run_id).metric_rows():
        table.writerow(getattr(row, name) for name in names)
    return buffer.getvalue().encode("utf-8")


def _chart(
    run: RunSnapshot, view: ChartView, name: str, title: str, curve: Curve, *, log: bool = False
) -> None:
    if not curve:
        return
    axes = view.axes(run, log=log)
    last, value = curve[-1]
    st.echarts_chart(
        metric_chart(title, view.drawn(run, curve), palette(), axes=axes),
        height=palette().pixels(CHART_HEIGHT), key=f"{name}-{run.summary.id}",
        alt=_(
            "{metric} over {across}: {value:.3g} at step {step}",
            metric=title.capitalize(), across=translated(axes.name), value=value,
            step=count(int(last)),
        ),
    )  # fmt: skip


def draw_tabs(run: RunSnapshot, view: ChartView) -> None:
    """The tabs of one run."""
    titles = list(map(translated, TABS))
    tabs = st.tabs(titles, key=f"tabs-{run.summary.id}", on_change="rerun")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab:
                show(run, view)


def _samples(run: RunSnapshot, _view: ChartView) -> None:
    sample_timeline(run)


def _checkpoints(run: RunSnapshot, _view: ChartView) -> None:
    draw_checkpoints(run)


def _events(run: RunSnapshot, _view: ChartView) -> None:
    rows = event_rows(
        run.events, crossings(run.history.lows, entropy_lines(run)), run.curves.seconds
    )
    if not rows:
        st.caption(_("What happens to the run is listed here."))
        return
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=_("What happened to this run"),
        column_config={"step": _("step"), "event": _("event"), "time": _("time")},
    )  # fmt: skip


def _settings(run: RunSnapshot, _view: ChartView) -> None:
    st.dataframe(
        pd.DataFrame(setting_rows(run.settings.values)),
        hide_index=True,
        height="content",
        alt=_("Every setting of this run"),
        column_config={
            "part": _("part"),
            "setting": st.column_config.TextColumn(_("setting"), width=280),
            "value": st.column_config.TextColumn(_("value"), width="large"),
            "path": st.column_config.TextColumn(
                _("for --set"), help=_("What a terminal calls it: minigpt train --set NAME=VALUE")
            ),
        },
    )


def setting_rows(config: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each setting in words, and by its path, as `--set` takes it."""
    rows = [
        _setting_row(path, value)
        for path, value in flatten_settings(config).items()
        if "." in path  # what is damaged or of the file itself is none of a section's
    ]
    return [*rows, _setting_row("seed", config.get("seed"))]


def _setting_row(path: str, value: object) -> dict[str, str]:
    section, _dot, name = path.rpartition(".")
    return {
        "part": translated(PARTS.get(section, section)),
        # What the form chooses by itself is no field of a model.
        "setting": _("Model") if name == "rung" else label(name),
        "value": choice(name, value) if name in CHOICES and value else setting_value(value),
        "path": path,
    }


PARTS = {
    "corpus": N_("Text"),
    "tokenizer": N_("Tokens"),
    "model": N_("Model"),
    "training": N_("Training"),
    "compute": N_("Computer"),
    "logging": N_("What is kept"),
    "start": N_("What it began with"),
    "": N_("All of it"),
}
"""The sections of a configuration, as people read them."""


def _log(run: RunSnapshot, _view: ChartView) -> None:
    end = log_tail(run.summary.id)
    if not end.text:
        st.caption(_("Nothing was printed."))
        return
    if end.is_cut:
        st.caption(_("The end of what its process printed:"))
    plain_text(end.text)
    st.download_button(
        _("Download the whole log"), store().open(run.summary.id).log.read_bytes,
        file_name=f"{run.summary.id}-log.txt", mime="text/plain", icon=":material/download:",
        on_click="ignore", key=f"log-{run.summary.id}",
    )  # fmt: skip


TABS: dict[str, Callable[[RunSnapshot, ChartView], None]] = {
    N_("Samples"): _samples,
    N_("Learning rate and gradients"): show_rates,
    N_("Checkpoints"): _checkpoints,
    N_("Events"): _events,
    N_("System"): show_system,
    N_("Settings"): _settings,
    N_("Log"): _log,
}
