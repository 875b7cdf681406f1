"""One run, live: its curve, its newest words, its controls."""

from collections.abc import Mapping

import streamlit as st

from minigpt.runs.analysis.loss_in_words import in_choices
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict
from minigpt.runs.status import Status
from ui.charts.axes import spans_widely
from ui.charts.loss import LossCurves, loss_chart
from ui.charts.options import EVEN, LOG, ChartView, choose_view
from ui.components.glossary import meaning_of
from ui.components.plain_text import plain_text
from ui.components.run_header import (
    best_and_last,
    run_subtitle,
    show_progress,
    status_badge,
    verdict_badge,
)
from ui.i18n import _, translated
from ui.messages import escape
from ui.screens.run import tabs
from ui.screens.run.controls import show_controls
from ui.screens.run.explanations import show_explanation, verdict_so_far
from ui.screens.run.film import draw_film
from ui.screens.run.heads import draw_heads, draw_table_worth
from ui.screens.run.samples import by_step
from ui.screens.run.verdict import draw_verdict
from ui.services.counting import entropy_lines, rule_line
from ui.services.snapshot import RunSnapshot
from ui.services.verdicts import verdict
from ui.theme import palette
from ui.wording import count, loss

CHART_HEIGHT = 350


def draw_run(run: RunSnapshot) -> None:
    """Everything about one run, kept up to date by whoever calls this again."""
    references = entropy_lines(run)
    judged = verdict(run.summary)
    _title(run, judged)
    show_progress(run)
    draw_verdict(run, judged)
    show_explanation(run, references, judged)
    chart, sample = st.columns([3, 2], gap="large")
    with chart:
        view = _loss(run, references)
    with sample:
        _newest_sample(run)
    draw_table_worth(run)
    draw_film(run, view)
    draw_heads(run, view)
    tabs.draw_tabs(run, view)


def _title(run: RunSnapshot, judged: Verdict) -> None:
    words, buttons = st.columns([3, 2], vertical_alignment="center")
    with words:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.title(escape(run.summary.name), anchor=False, width="content")
            status_badge(run.status)
            verdict_badge(judged)
        st.caption(escape(run_subtitle(run)), help=meaning_of("parameter"))
    with buttons:
        show_controls(run)


def _loss(run: RunSnapshot, references: Mapping[str, float]) -> ChartView:
    begun = run.last_logged is not None
    is_broken = verdict(run.summary).kind is Kind.BROKEN
    wide = (is_broken or run.has_diverged) and spans_widely(run.curves.train_loss)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        _loss_number(run, references)
        view = choose_view(run, default_scale=LOG if wide else EVEN) if begun else ChartView()
    if begun:
        _chart(run, view, references)
    elif run.status.has_worker:
        st.caption(_("It reads its text and builds the model; then the curve begins."))
        st.skeleton(height=palette().pixels(CHART_HEIGHT))
    else:
        st.caption(_("The loss will be drawn here, step by step, once it trains."))
    return view


def _loss_number(run: RunSnapshot, references: Mapping[str, float]) -> None:
    curve = run.curves.validation_loss
    finished = run.status is Status.FINISHED
    now = curve[-1][1] if curve else None
    judged = verdict(run.summary)
    best, last = best_and_last(judged)
    shown = judged.best[1] if finished and judged.best else now
    meaning = None if shown is None else in_choices(shown, run.settings.tokenizer)
    with st.container(width="content", gap=None):
        _metric(run, best if finished else loss(now), last, references)
        if meaning:
            st.caption(translated(meaning), width="content")


def _metric(
    run: RunSnapshot, value: str, last: str | None, references: Mapping[str, float]
) -> None:
    finished = run.status is Status.FINISHED
    st.metric(
        _("Best validation loss") if finished else _("Validation loss"),
        value,
        delta=last if finished else verdict_so_far(run, references),
        delta_color="off", delta_arrow="off",
        help=meaning_of("loss", "validation", "nats"),
        width="content",
    )  # fmt: skip


def _chart(run: RunSnapshot, view: ChartView, references: Mapping[str, float]) -> None:
    validation = run.curves.validation_loss
    losses = LossCurves(
        batches=view.drawn(run, run.curves.train_loss),
        training=view.drawn(run, run.curves.training_part_loss),
        validation=view.drawn(run, validation),
    )
    axes = view.axes(run)
    lines = {**references, **(least := rule_line(run))}
    spec = loss_chart(losses, lines, palette(), axes=axes, smooth=view.smooth(run))
    st.echarts_chart(
        spec, height=palette().pixels(CHART_HEIGHT), key=f"loss-{run.summary.id}",
        alt=_(
            "Loss over {across}, up to step {step}. Validation loss: {value}.",
            across=_("steps") if axes.name == "step" else translated(axes.name),
            step=count(run.last_logged or 0),
            value=loss(validation[-1][1] if validation else None),
        ),
    )  # fmt: skip
    _explain_chart(references, least)


def _explain_chart(references: Mapping[str, float], least: Mapping[str, float]) -> None:
    st.caption(
        _(
            "Lower is better: the loss is the model's surprise at each next token. The dashed "
            "lines are guessers that only count: “even guess” takes all characters for equally "
            "likely, “character counts” knows how often each occurs, pairs, triples and longer "
            "sequences which one comes after one, two or more others."
        )
        if references
        else _("Lower is better: the loss is the model's surprise at each next token."),
        help=meaning_of("token", "nats"),
    )
    if least:
        st.caption(
            _(
                "The lowest line, “{rule}”, is the loss of whoever knows the rule that the lines "
                "of this text are made by: no model gets much below it.",
                rule=next(iter(least)),
            )
        )


def _newest_sample(run: RunSnapshot) -> None:
    samples = by_step(run.samples)
    if not samples:
        st.caption(_("The model's first words appear here."))
        return
    step, text = list(samples.items())[-1]
    st.caption(_("What it writes at step {step}", step=count(int(step))))
    # As tall as its text, which is short on most models; but never taller than the chart beside it.
    plain_text(text.strip("\n"), tallest=palette().pixels(CHART_HEIGHT))
