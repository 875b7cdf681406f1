"""What the lessons compute, shared by all who look at the same step with the same settings."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st
import torch

from ui.charts.figure_style import figure_style
from ui.charts.figures import Figure, as_html
from ui.screens.learn import trainings
from ui.screens.learn.lesson import Lesson, Scene, Step
from ui.theme import palette

STEPS_IN_MEMORY = 256
SECONDS = 3600.0


Settings = tuple[tuple[str, Any], ...]
"""What the knobs of a step stand at, by name."""


def numbers_of(lesson: Lesson, step: Step, scene: Scene) -> Any:
    """What the core computed for a step; of one with trainings, from those that are there now.

    Raises:
        MiniGPTError: the text of the step cannot be had, or is unfit for it.
    """
    place, key = f"{lesson.name}/{step.name}", tuple(scene.items())
    if step.trainings:
        key += (("trainings", trainings.state_of(step.trainings.configs(scene))),)
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
