"""The runs of a step: started by one press, followed while they train, stopped by another."""

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.runs.status import Status
from minigpt.runs.store import RunSummary
from ui import messages
from ui.components.run_header import status_badge
from ui.i18n import _, ngettext, translated
from ui.messages import escape
from ui.navigation import page_file
from ui.screens.learn import trainings
from ui.screens.learn.lesson import Guess, Lesson, Scene, Step
from ui.screens.learn.sharing import draw_figures, numbers_of
from ui.screens.learn.trainings import ExperimentRuns
from ui.services import runs
from ui.session import url
from ui.session.identity import current_owner
from ui.session.unheard import draw_anew
from ui.wording import count, loss

TICK_SECONDS = 2
REFUSED = "learn-refused"
"""Under which the session holds why a run was not started, by step."""


def is_to_be_trained(step: Step, scene: Scene) -> bool:
    """Whether a press would start anything.

    Raises:
        MiniGPTError: the text cannot be had.
    """
    if step.trainings is None:
        return False
    configs = step.trainings.configs(scene)
    return bool(trainings.find_runs(configs).missing(configs))


def start_trainings(lesson: Lesson, step: Step, scene: Scene) -> None:
    """Start what is not there yet; for the callback of a button."""
    if step.trainings is None:
        return
    refused = st.session_state.setdefault(REFUSED, {})
    refused.pop(_place(lesson, step), None)
    try:
        configs = step.trainings.configs(scene)
        names = {name: translated(one) for name, one in step.trainings.names.items()}
        titles = {
            name: _("{lesson}: {rung}", lesson=translated(lesson.title), rung=one)
            for name, one in names.items()
        }
        trainings.start_missing(configs, titles, owner=current_owner())
    except MiniGPTError as error:
        refused[_place(lesson, step)] = error


def watch_trainings(lesson: Lesson, step: Step, scene: Scene, guess: Guess) -> None:
    """What is known by now, kept up to date until all have ended."""

    def draw_state() -> None:
        try:
            _draw(lesson, step, scene, guess, live=live)
        except MiniGPTError as error:
            messages.show_error(error)

    assert step.trainings  # only of a step that has some
    live = trainings.find_runs(step.trainings.configs(scene)).are_live
    st.fragment(draw_state, run_every=TICK_SECONDS if live else None)()


def _draw(lesson: Lesson, step: Step, scene: Scene, guess: Guess, *, live: bool) -> None:
    assert step.trainings
    configs = step.trainings.configs(scene)
    found, numbers = trainings.find_runs(configs), numbers_of(lesson, step, scene)
    if step.is_done(numbers) or found.are_live != live:
        draw_anew()  # the whole step once more: it can be said what came out, or the timer changes
    left, right = st.columns([3, 2], gap="large")
    with left:
        draw_figures(step.trainings.so_far(numbers, guess))
    with right:
        _say_how_far(found, len(configs))
        if error := st.session_state.get(REFUSED, {}).get(_place(lesson, step)):
            _say_refused(error, len(found.missing(configs)))
        _offer(lesson, step, scene, found)
        for name in configs:
            _line(step, name, found)


def _say_how_far(found: ExperimentRuns, wanted: int) -> None:
    done = sum(not one.status.is_live for one in found.runs.values())
    running = [one for one in found.runs.values() if one.status.is_live]
    share = done + sum(min(1.0, one.step / one.steps) for one in running if one.steps)
    st.progress(
        min(1.0, share / wanted), text=_("{done} of {wanted} are trained", done=done, wanted=wanted)
    )
    mine = current_owner()
    others = sum(one.owner != mine for one in found.runs.values())
    if others:
        st.caption(
            ngettext(
                "{count} of them was here already, or somebody else started it. Equal settings "
                "give equal runs, so it is used again.",
                "{count} of them were here already, or somebody else started them. Equal settings "
                "give equal runs, so they are used again.",
                others,
            )
        )


def _say_refused(error: MiniGPTError, missing: int) -> None:
    if not missing:
        return
    reason = escape(translated(error.message))
    st.warning(
        ngettext(
            "{count} run could not be started. {reason}",
            "{count} runs could not be started. {reason}",
            missing, reason=reason,
        ),
        icon=":material/block:",
    )  # fmt: skip


def _offer(lesson: Lesson, step: Step, scene: Scene, found: ExperimentRuns) -> None:
    assert step.trainings
    key, missing = _place(lesson, step), found.missing(step.trainings.configs(scene))
    with st.container(horizontal=True):
        if missing:
            st.button(
                ngettext("Train the missing one", "Train the {count} missing ones", len(missing)),
                key=f"start-{key}", type="primary", icon=":material/play_arrow:",
                on_click=start_trainings, args=(lesson, step, scene),
            )  # fmt: skip
        if found.of(current_owner()):
            st.button(
                _("Stop all that I started"), key=f"stop-{key}", icon=":material/stop:",
                on_click=_stop, args=(step, scene),
            )  # fmt: skip


def _stop(step: Step, scene: Scene) -> None:
    assert step.trainings
    try:
        stopped = trainings.stop_runs(
            trainings.find_runs(step.trainings.configs(scene)), owner=current_owner()
        )
    except MiniGPTError as error:
        st.toast(escape(translated(error.message)))
        return
    st.toast(ngettext("{count} run stops.", "{count} runs stop.", stopped))


def _line(step: Step, name: str, found: ExperimentRuns) -> None:
    """One run: what it is called and how it stands, with the way to its page."""
    assert step.trainings
    run = found.runs.get(name) or next(iter(found.ended_early.get(name, ())[-1:]), None)
    title = escape(translated(step.trainings.names[name]))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if run is None:
            st.markdown(title, width="content")
            st.caption(_("not started"), width="content")
            return
        st.page_link(page_file("run"), label=title, query_params={url.RUN: run.id})
        status_badge(run.status)
        if words := _progress(run):
            st.caption(words, width="content")


def _progress(run: RunSummary) -> str:
    if run.status is Status.QUEUED:
        queued = runs.snapshot(run.id).queue_position
        return "" if queued is None else _("number {place} in the queue", place=queued.position)
    if run.status.is_live:
        return _("step {step} of {steps}", step=count(run.step), steps=count(run.steps))
    return loss(run.best_validation_loss)


def _place(lesson: Lesson, step: Step) -> str:
    return f"{lesson.name}-{step.name}"
