"""What the lessons compute, shared by all who look at the same step with the same settings."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any

import streamlit as st
import torch

from ui.charts.figure_style import figure_style
from ui.charts.figures import Figure, as_html
from ui.i18n import _, translated
from ui.screens.learn import trainings
from ui.screens.learn.lesson import Lesson, Scene, Step
from ui.theme import palette

_told: ContextVar[Callable[[float], None] | None] = ContextVar("told", default=None)

STEPS_IN_MEMORY = 256
SECONDS = 3600.0


Settings = tuple[tuple[str, Any], ...]
"""What the knobs of a step stand at, by name."""


def numbers_of(lesson: Lesson, step: Step, scene: Scene, *, is_watched: bool = False) -> Any:
    """What the core computed for a step; of one with trainings, from those that are there now.

    Args:
        lesson: Of which lesson.
        step: Which step.
        scene: What its knobs stand at.
        is_watched: Whether somebody waits for it before this page, and sees how far it is.

    Raises:
        MiniGPTError: the text of the step cannot be had, or is unfit for it.
    """
    if step.waiting:
        if not is_watched:
            return step.compute(scene)
        return watched(translated(step.waiting), lambda: step.compute(scene))
    place, key = f"{lesson.name}/{step.name}", tuple(scene.items())
    if step.trainings:
        key += (("trainings", trainings.state_of(step.trainings.configs(scene))),)
    # A spinner comes only where it takes longer than a moment, as training a small model does.
    with st.spinner(_("Computing …")) if is_watched else nullcontext():
        return shared_numbers(place, key, lambda: step.compute(scene))


def draw(figures: Sequence[Figure]) -> None:
    """Put figures on the page."""
    colors = palette()
    shown = "".join(as_html(figure, colors) for figure in figures)
    st.html(figure_style(colors) + shown)


def shared_numbers(place: str, scene: Settings, compute: Callable[[], Any]) -> Any:
    """The numbers of a step; computed once for a class, and never changed.

    Args:
        place: Which lesson and step.
        scene: What its knobs stand at.
        compute: Gives the numbers.
    """
    return _numbers(place, scene, compute)


@st.cache_resource(max_entries=STEPS_IN_MEMORY, ttl=SECONDS, show_spinner=False)
def _numbers(place: str, scene: Settings, _compute: Callable[[], Any]) -> Any:
    # Small models are fastest on one thread, and viewers leave the other cores alone.
    torch.set_num_threads(1)
    return _compute()


def watched(words: str, compute: Callable[[], Any]) -> Any:
    """What takes seconds, with a bar that shows how far it is; whoever leaves the page ends it.

    Args:
        words: What is said beside the bar.
        compute: Gives the numbers, and calls `tell` meanwhile.
    """
    place = st.empty()

    def show(share: float) -> None:
        place.progress(min(share, 1.0), text=words)

    token = _told.set(show)
    try:
        return compute()
    finally:
        _told.reset(token)
        place.empty()


def tell(share: float) -> None:
    """Say how far a computation is, from 0 to 1, to who waits for it, if anybody does."""
    if told := _told.get():
        told(share)
