"""A run's name, status and progress: the same wherever a run is shown."""

import streamlit as st

from minigpt.json_values import LARGEST
from minigpt.runs.analysis.rules import Kind
from minigpt.runs.analysis.verdict import Verdict
from minigpt.runs.records.speed import tokens_between
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from minigpt.sentences import N_
from ui.i18n import _, translated
from ui.messages import escape
from ui.services.runs import corpus_title
from ui.services.snapshot import RunSnapshot
from ui.theme import STATUS_COLORS, STATUS_ICONS, VERDICT_COLORS, VERDICT_ICONS
from ui.wording import count, duration, loss, model_title, number

SETTLED_SECONDS = 30.0
"""Before, most of its time may have been the look at the untrained model."""
STATUS_HELP = {
    Status.QUEUED: N_("It waits until another run ends, and then begins by itself."),
    Status.STARTING: N_("Its process is being started."),
    Status.RUNNING: N_("It trains in its own process. You can close this page."),
    Status.STALLED: N_("Its process lives but has not reported for 30 seconds."),
    Status.PAUSED: N_("It ended with all it needs to go on; resume it whenever you like."),
    Status.FINISHED: N_("It did all its steps."),
    Status.STOPPED: N_("Somebody stopped it. What it learnt so far is kept."),
    Status.FAILED: N_("It ended by itself, for the reason given."),
    Status.KILLED: N_(
        "Its process ended without a word: out of memory, killed, or a restart. "
        "What it saved before is kept."
    ),
}


def status_badge(status: Status) -> None:
    """The status as a coloured word."""
    st.badge(
        translated(str(status)), icon=STATUS_ICONS[status], color=STATUS_COLORS[status],
        help=translated(STATUS_HELP[status]),
    )  # fmt: skip


def verdict_badge(verdict: Verdict) -> None:
    """The verdict as a coloured word; nothing of a run that was not judged yet."""
    if verdict.kind is not Kind.NOT_JUDGED:
        st.badge(
            translated(verdict.title), icon=VERDICT_ICONS[verdict.kind],
            color=VERDICT_COLORS[verdict.kind], help=escape(translated(verdict.words)),
        )  # fmt: skip


def best_and_last(verdict: Verdict) -> tuple[str, str | None]:
    """The best loss that a run reached itself, and beside it the last one, where that is worse."""
    if verdict.best is None or verdict.last is None:
        return loss(None), None
    if verdict.last[1] <= verdict.best[1]:
        return loss(verdict.best[1]), None
    step, last = verdict.last
    return loss(verdict.best[1]), _(
        "last {last} (step {step})", last=loss(last), step=count(int(step))
    )


def run_subtitle(run: RunSnapshot) -> str:
    """What it is, in a line."""
    parameters = run.summary.parameters
    model, text = model_title(run.summary.rung), corpus_title(run.summary.corpus)
    if not parameters:
        return _("{model}, on {text}", model=model, text=text)
    return _(
        "{model} with {number} parameters, on {text}",
        model=model, number=number(parameters), text=text,
    )  # fmt: skip


def show_progress(run: RunSnapshot) -> None:
    """How far it is, how fast it goes and how long it will take."""
    share = min(1.0, run.summary.step / run.steps) if run.steps else 0.0
    st.progress(share, text=progress_text(run))


def progress_text(run: RunSnapshot) -> str:
    """The words on the progress bar."""
    summary = run.summary
    words = [_("Step {step} of {steps}", step=count(summary.step), steps=count(run.steps))]
    if run.settings.epochs and (passes := passes_until_now(run)) is not None:
        words.append(_passes_text(passes, run.settings.epochs))
    if summary.status is Status.RUNNING and summary.step:
        words += speed_text(summary)
        left = seconds_left(run)
        if left is not None:
            words.append(_("about {left} left", left=duration(left)))
    elif summary.seconds and not summary.status.has_worker:
        words.append(_("took {span}", span=duration(summary.seconds)))
    return " · ".join(words)


def _passes_text(passes: float, most: float) -> str:
    values = {"passes": number(passes), "most": number(most)}
    if passes > most:  # the last step is a whole one
        return _("text read {passes} times, {most} to the nearest step", **values)
    return _("text read {passes} of at most {most} times", **values)


def passes_until_now(run: RunSnapshot) -> float | None:
    """How often as many tokens as its text has were read; None if either is not known."""
    tokens, text = run.curves.tokens, run.state.training_tokens
    return tokens[-1][1] / text if tokens and text else None


def speed_text(summary: RunSummary) -> list[str]:
    """How fast a run is: its mean, evaluations included, and beside it the pace of the moment."""
    mean, now = summary.tokens_per_second, summary.recent_tokens_per_second
    if not mean:
        return []
    if not now or number(now) == number(mean):
        return [_("{number} tokens per second", number=number(mean))]
    return [_("{mean} tokens per second, now {now}", mean=number(mean), now=number(now))]


def seconds_left(run: RunSnapshot) -> float | None:
    """How long it will still train: at the speed that it has shown, or until its time is up."""
    summary, settings = run.summary, run.settings
    speed = summary.tokens_per_second
    if (summary.seconds or 0.0) < SETTLED_SECONDS:
        speed = summary.recent_tokens_per_second or speed
    tokens = tokens_between(settings, summary.step, run.steps)
    if not summary.step or not speed or tokens is None:
        return None
    left = tokens / speed
    if minutes := settings.minutes:
        left = min(left, max(0.0, 60 * minutes - (run.state.seconds or 0.0)))
    return left if left < LARGEST else None
