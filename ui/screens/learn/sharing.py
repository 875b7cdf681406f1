"""What the lessons compute, shared by all who look at the same step with the same settings.

What comes next, and what takes long, is computed ahead while visitors read.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from functools import partial
from typing import Any

import streamlit as st
import torch

from minigpt.errors import MiniGPTError
from ui.charts.figure_style import figure_style
from ui.charts.figures import Figure, as_html
from ui.i18n import _, translated
from ui.screens.learn import trainings
from ui.screens.learn.lesson import Knob, Lesson, Scene, Slider, Step, Stops
from ui.screens.learn.moving import start_of
from ui.services.work.ahead import AHEAD, Task
from ui.theme import palette
from ui.wording import duration

_told: ContextVar[Callable[[float], None] | None] = ContextVar("told", default=None)

STEPS_IN_MEMORY = 256
SECONDS = 3600.0
GRACE_SECONDS, STRIDE_SECONDS = 0.15, 0.1
"""What takes less is not announced; and how often a bar moves."""
LEAST_LEFT_SECONDS = 1.0
"""Less is not told."""
MOST_STOPS = 12
"""A knob with more is prepared where it stands only."""

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
        torch.set_num_threads(1)  # as below
        if not is_watched:
            return step.compute(scene)
        return with_progress_bar(translated(step.waiting), lambda: step.compute(scene))
    place, key = f"{lesson.name}/{step.name}", tuple(scene.items())
    if step.trainings:
        key += (("trainings", trainings.state_of(step.trainings.configs(scene))),)
    # A spinner comes only where it takes longer than a moment, as training a small model does.
    with st.spinner(_("Computing …")) if is_watched else nullcontext():
        return shared_numbers(place, key, lambda: step.compute(scene))


def draw_figures(figures: Sequence[Figure]) -> None:
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


def with_progress_bar(
    words: str, compute: Callable[[], Any], *, clock: Callable[[], float] = time.monotonic
) -> Any:
    """What takes seconds, with a bar that shows how far it is; whoever leaves the page leaves it.

    Args:
        words: What is said beside the bar.
        compute: Gives the numbers, and calls `tell_progress` meanwhile.
        clock: Tells how long it has taken.
    """
    bar = _Bar(words, clock)
    token = _told.set(bar.show)
    try:
        return compute()
    finally:
        _told.reset(token)
        bar.close()


class _Bar:
    """How far a computation is, and about how long it will still take."""

    def __init__(self, words: str, clock: Callable[[], float]) -> None:
        self._place, self._words, self._clock = st.empty(), words, clock
        self._asked = self._shown_at = clock()
        self._first: tuple[float, float] | None = None
        """When it was shown first, and how far it was then: others may have begun it."""

    def show(self, share: float) -> None:
        now = self._clock()
        if now - self._asked < GRACE_SECONDS or now - self._shown_at < STRIDE_SECONDS:
            return
        self._shown_at, self._first = now, self._first or (now, share)
        words, left = self._words, self._left(now, share)
        if left >= LEAST_LEFT_SECONDS:
            still = _("About {left} left.", left=translated(duration(left)))
            words = f"{words} {still}"
        self._place.progress(min(share, 1.0), text=words)

    def _left(self, now: float, share: float) -> float:
        began, first = self._first or (now, share)
        return (now - began) * (1 - share) / (share - first) if share > first else 0.0

    def close(self) -> None:
        self._place.empty()


def tell_progress(share: float) -> None:
    """Say how far a computation is, from 0 to 1, to who waits for it, if anybody does."""
    if told := _told.get():
        told(share)


def prepare_lessons(lessons: Iterable[Lesson], lesson: Lesson | None, step: Step | None) -> None:
    """Let be computed, while nobody asks for anything, what visitors will ask for next.

    That is what the next step shows; then, once for everybody, all that takes long in any lesson,
    first what can be moved here.

    Args:
        lessons: All of them, in their order.
        lesson: The one that is open, if any.
        step: The step of it that is read.
    """
    every = [(one, other) for one in lessons for other in one.steps]
    at = every.index((lesson, step)) if lesson and step else -1
    long = sorted(
        ((place, pair) for place, pair in enumerate(every) if pair[1].waiting),
        key=lambda numbered: (numbered[0] < at, numbered[0]),
    )  # fmt: skip
    tasks = _tasks(every[at + 1 : at + 2], lambda step: [start_of(step)])
    tasks |= _tasks([pair for _place, pair in long], scenes_of)
    AHEAD.prepare(tasks)


def scenes_of(step: Step) -> Iterator[dict[str, Any]]:
    """What a step shows first, and whatever one knob makes of that."""
    start = start_of(step)
    yield start
    for knob in step.knobs:
        for value in _stops_of(knob):
            if value != start[knob.name]:
                yield {**start, knob.name: value}


def _stops_of(knob: Knob) -> list[Any]:
    if isinstance(knob, Stops):
        return list(knob.options)
    if not isinstance(knob, Slider):
        return []  # what will be typed nobody knows
    count = round((knob.high - knob.low) / knob.step) + 1
    whole = float(knob.step).is_integer()
    values = [knob.low + knob.step * place for place in range(count)]
    return [int(one) if whole else one for one in values] if count <= MOST_STOPS else []


def _tasks(
    pairs: Iterable[tuple[Lesson, Step]], scenes: Callable[[Step], Iterable[Scene]]
) -> dict[Hashable, Task]:
    found: dict[Hashable, Task] = {}
    for lesson, step in pairs:
        if step.trainings:
            continue  # what its runs say changes while they go on
        try:
            for scene in scenes(step):
                key = (lesson.name, step.name, *scene.items())
                found[key] = partial(_compute_ahead, lesson, step, scene)
        except MiniGPTError:
            continue  # whoever opens it is told what is missing
    return found


def _compute_ahead(lesson: Lesson, step: Step, scene: Scene) -> None:
    token = _told.set(lambda share: AHEAD.let_others_first())
    try:
        numbers_of(lesson, step, scene)
    finally:
        _told.reset(token)
