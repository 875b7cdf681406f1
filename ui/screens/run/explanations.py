"""What the status and the numbers of a run mean in words, and what to do next."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from minigpt.runs.analysis.curves import Crossing, Curve, beats, crossings
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict
from minigpt.runs.records import Event
from minigpt.runs.status import Status
from ui.charts.axes import spans_widely, step_axes
from ui.charts.loss import metric_chart
from ui.i18n import _, time_of_day, translated
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.run.verdict import draw_remedy
from ui.services.snapshot import RunSnapshot
from ui.session import url
from ui.theme import palette
from ui.wording import count, duration, loss


def verdict_so_far(run: RunSnapshot, references: Mapping[str, float]) -> str | None:
    """Which simple guesser the run beat last and still beats.

    If there is none, how good it was before its loss rose; None if it did not.
    """
    judged, lows = run.curves.validation_loss, run.history.lows
    current = judged[-1][1] if judged else math.inf
    found = [one for one in crossings(lows, references) if beats(current, one.value)]
    if found:
        last, step = found[-1].name, count(found[-1].step)
        if run.status.is_live:
            return _("now beats {guesser} (step {step})", guesser=last, step=step)
        return _("beats {guesser} (step {step})", guesser=last, step=step)
    if lows and lows[-1][1] < current:
        at, best = lows[-1]
        return _("best {best} (step {step})", best=loss(best), step=count(int(at)))
    return None


def final_verdict(run: RunSnapshot, references: Mapping[str, float]) -> str | None:
    """Which simple guesser the run beat in the end, and which is next; None if it beat none."""
    best = run.summary.best_validation_loss
    beaten = [name for name, value in references.items() if best is not None and beats(best, value)]
    if not beaten:
        return None
    strongest = min(beaten, key=lambda name: references[name])
    found = {one.name: one.step for one in crossings(run.history.lows, references)}
    if strongest not in found:
        return _("It beats {guesser}.", guesser=strongest)
    ahead = {name: value for name, value in references.items() if name not in beaten}
    if not ahead:
        return _(
            "It has beaten {guesser} since step {step}.",
            guesser=strongest, step=count(found[strongest]),
        )  # fmt: skip
    nearest = max(ahead, key=ahead.__getitem__)
    if best is not None and not beats(ahead[nearest], best):
        return _(
            "It has beaten {guesser} since step {step}, and is as good as {next} ({value}): they "
            "are closer than two runs that differ in their seed alone may be.",
            guesser=strongest, step=count(found[strongest]), next=nearest,
            value=loss(ahead[nearest]),
        )  # fmt: skip
    return _(
        "It has beaten {guesser} since step {step}, but not {next} ({value}).",
        guesser=strongest, step=count(found[strongest]), next=nearest, value=loss(ahead[nearest]),
    )  # fmt: skip


def event_rows(
    events: Sequence[Event], found: Sequence[Crossing], seconds: Curve = ()
) -> list[dict[str, str]]:
    """Events and crossings in the order of their steps.

    Args:
        events: what happened, in order.
        found: crossings, which have no time of their own.
        seconds: the seconds of training by step, by which they get one.
    """
    left = sorted(found, key=lambda one: one.step)
    rows: list[dict[str, str]] = []
    last: Event | None = None
    for event in events:
        # What a run begins with comes before all that it then learns.
        while left and event.step is not None and left[0].step <= event.step and rows:
            rows.append(_crossing_row(left.pop(0), last, seconds))
        shown = "" if event.step is None else count(event.step)
        rows.append({"step": shown, "event": translated(event.text), "time": _clock_time(event.at)})
        if event.at is not None and (event.step is not None or last is None):
            last = event
    return [*rows, *(_crossing_row(one, last, seconds) for one in left)]


def _crossing_row(one: Crossing, last: Event | None, seconds: Curve) -> dict[str, str]:
    words = _("Beats {name}: validation loss below {value}", name=one.name, value=loss(one.value))
    return {
        "step": count(one.step),
        "event": words,
        "time": _clock_time(_moment(one.step, last, seconds)),
    }


def _moment(step: int, last: Event | None, seconds: Curve) -> float | None:
    """When a step was done, by the last event whose time is known and the seconds since."""
    if last is None or last.at is None or not seconds:
        return None
    # That a training began is told without a step: it is the one before the first that was noted,
    # whose seconds a fork has from the run that it goes on from.
    first, earlier = seconds[0]
    begun = last.step if last.step is not None else first
    at, since = (
        max((value for one, value in seconds if one <= when), default=earlier)
        for when in (step, begun)
    )
    return last.at + max(0.0, at - since)


def _clock_time(at: float | None) -> str:
    try:
        return "" if at is None else time_of_day(datetime.fromtimestamp(at))
    except (OverflowError, OSError, ValueError):
        return ""


GRADIENT_HEIGHT = 240


def show_explanation(run: RunSnapshot, references: Mapping[str, float], judged: Verdict) -> None:
    """How it stands or ended, where that is not plain from the badge; and the next steps."""
    if run.status is Status.QUEUED:
        st.info(escape(queue_place(run)), icon=":material/schedule:")
    elif run.status is Status.STALLED:
        st.warning(
            _("The process lives but has not reported for a while. The computer may be busy.")
        )
    elif run.status is Status.PAUSED:
        st.info(escape(pause_reason(run)), icon=":material/pause:")
    elif run.status is Status.KILLED:
        st.warning(
            escape(translated(run.summary.reason or "") or _("It was killed.")),
            icon=":material/power_off:",
        )
    elif run.status is Status.FAILED:
        st.error(
            escape(translated(run.summary.reason or "") or _("It gave no reason.")),
            icon=":material/error:",
        )
    if not run.status.is_live:
        _next_steps(run, references, judged)
    if run.has_diverged:
        _how_it_diverged(run)


def queue_place(run: RunSnapshot) -> str:
    """Where a run stands in the queue."""
    if run.summary.reason:
        return _("It waits. {reason}", reason=translated(run.summary.reason))
    queued = run.queue_position
    position = None if queued is None or queued.position == 1 else queued.position
    if queued is None or queued.seconds is None:
        if position is None:
            return _("It is the next to start, and begins by itself. You can close this page.")
        return _(
            "It is number {position:,} in the queue, and begins by itself. You can close this "
            "page.",
            position=position,
        )
    span = duration(queued.seconds)
    if position is None:
        return _("It is the next to start, in about {span}. You can close this page.", span=span)
    return _(
        "It is number {position:,} in the queue, in about {span}. You can close this page.",
        position=position,
        span=span,
    )


def pause_reason(run: RunSnapshot) -> str:
    """Why a run is paused."""
    reason = translated(run.summary.reason or "") or _(
        "Somebody paused it at step {step}.", step=count(run.summary.step)
    )
    return _("{reason} Resume goes on from there, as if nothing had happened.", reason=reason)


def _how_it_diverged(run: RunSnapshot) -> None:
    curve = run.curves.gradient_norm
    if len(curve) < 2:
        return
    axes = step_axes(int(curve[-1][0]), log=spans_widely(curve))
    st.caption(
        _(
            "The gradient says how steep the loss is where the weights are. Before a training "
            "breaks it leaps, or falls to nothing because the weights have been thrown where all "
            "is flat."
        )
    )
    st.echarts_chart(
        metric_chart(_("gradient length"), curve, palette(), axes=axes),
        height=palette().pixels(GRADIENT_HEIGHT), key=f"diverged-{run.summary.id}",
        alt=_(
            "Length of the gradient over steps until it broke at step {step}",
            step=count(run.summary.step),
        ),
    )  # fmt: skip


def _next_steps(run: RunSnapshot, references: Mapping[str, float], judged: Verdict) -> None:
    link = {url.RUN: run.summary.id}
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.status is Status.FAILED and st.button(
            _("Change the settings and try again"), type="primary", icon=":material/tune:",
            key=f"again-{run.summary.id}",
        ):  # fmt: skip
            st.switch_page(page_file("train"), query_params={url.LIKE: run.summary.id})
        draw_remedy(run, judged)
        if run.checkpoints:
            st.page_link(
                page_file("generate"), label=_("Generate with it"), query_params=link,
                icon=":material/edit_note:",
            )  # fmt: skip
            st.page_link(
                page_file("attention"), label=_("Look inside"), query_params=link,
                icon=":material/grid_on:",
            )  # fmt: skip
        if run.checkpoints and run.status is Status.FINISHED and judged.kind is not Kind.BROKEN:
            st.page_link(
                page_file("train"), label=_("Train longer"), icon=":material/fast_forward:",
                query_params=going_on(run, run.checkpoints[-1].step),
                help=_("A new run that goes on where this one ended, with more steps."),
            )  # fmt: skip
    # Not among the links, which it would push into a second row.
    words = final_verdict(run, references)
    if words and run.status is Status.FINISHED and judged.kind.is_good:
        st.markdown(escape(words))


def going_on(run: RunSnapshot, step: int, *, kind: str = "fork") -> dict[str, str]:
    """The address of a new run that begins with this one's weights."""
    return {url.FROM: run.summary.id, url.AT: str(step), url.KIND: kind}
