"""What can be moved on the figure of a step: sliders, stops, lines to type, texts, moments."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from minigpt.corpora import CORPORA, offline_default
from ui import pickers
from ui.i18n import _, browser_format, numeral, translated
from ui.screens.learn.lesson import Knob, Moments, Slider, Step, Stops, Texts, Typed
from ui.services import runs
from ui.session.answers import answer_to, begun_answer
from ui.wording import count

LONG_TEXT_PIXELS = 200


def start_of(step: Step) -> dict[str, Any]:
    """What the knobs of a step stand at before anybody moved them.

    Raises:
        MiniGPTError: what a knob moves between cannot be had.
    """
    return {knob.name: _start(knob) for knob in step.knobs}


def _start(knob: Knob) -> Any:
    if isinstance(knob, Typed) and knob.is_long:
        return translated(knob.start)
    if isinstance(knob, Moments):
        return str(knob.steps()[-1])
    return text_at_hand() if isinstance(knob, Texts) else knob.start


def text_at_hand() -> str:
    """The text that a step begins with."""
    # A lesson waits for no download: where there is no Shakespeare yet, it takes what is there.
    is_here = CORPORA[runs.FIRST_CORPUS].is_ready()
    return runs.FIRST_CORPUS if is_here else offline_default()


def scene_of(lesson: str, step: Step) -> dict[str, Any]:
    """What the knobs stand at for this visitor, also where they were when last seen.

    Raises:
        MiniGPTError: what a knob moves between cannot be had.
    """
    said, early = answer_to(lesson, step.name), begun_answer(lesson, step.name)
    before = {**(early.scene if early else {}), **(said.scene if said else {})}
    scene = {
        knob.name: _known(
            knob,
            st.session_state.get(_key(lesson, step, knob), before.get(knob.name, _start(knob))),
        )
        for knob in step.knobs
    }
    if said:
        said.scene = scene
    return scene


def _known(knob: Knob, value: Any) -> Any:
    """A value that a knob can stand at; a browser may send any, and many are worked on for long."""
    match knob:
        case Moments(steps=steps):
            # The run may have been trained anew since, and have kept other steps.
            is_known = value in map(str, steps())
        case Stops(options=options):
            is_known = value in options
        case Slider(low=low, high=high):
            is_known = low <= value <= high
        case _:
            is_known = True
    return value if is_known else _start(knob)


def show_knobs(lesson: str, step: Step, scene: Mapping[str, Any]) -> None:
    """Draw the knobs of a step."""
    for knob in step.knobs:
        key = _key(lesson, step, knob)
        if key not in st.session_state or isinstance(knob, Moments):
            st.session_state[key] = scene[knob.name]
        _show(knob, key)


def _show(knob: Knob, key: str) -> None:
    match knob:
        case Slider():
            number_slider(translated(knob.label), knob.low, knob.high, step=knob.step, key=key)
        case Stops():
            options = knob.options
            pickers.pills(
                translated(knob.label), list(options), key=key,
                show=lambda one: translated(options[one]),
            )  # fmt: skip
        case Moments():
            pickers.slider(
                translated(knob.label), list(map(str, knob.steps())), key=key,
                show=lambda one: count(int(one)),
            )  # fmt: skip
        case Typed(is_long=True):
            st.text_area(
                translated(knob.label), key=key, max_chars=knob.longest, height=LONG_TEXT_PIXELS
            )
        case Typed():
            st.text_input(translated(knob.label), key=key, max_chars=knob.longest)
        case Texts():
            titles = {one.name: one.title for one in runs.texts() if one.is_ready()}
            pickers.select_box(
                _("Another text"), list(titles), key=key, show=lambda one: translated(titles[one])
            )


def number_slider(label: str, low: float, high: float, *, step: float, key: str) -> float:
    """A slider; where steps are whole numbers, so is what it says."""
    if float(step).is_integer():
        chosen: float = st.slider(label, int(low), int(high), step=int(step), key=key)
        return chosen
    decimals = len(numeral(step, "g").partition(".")[2])
    number: float = st.slider(
        label,
        float(low),
        float(high),
        step=float(step),
        key=key,
        format=browser_format(f"%.{decimals}f"),
    )
    return number


def values_in_words(step: Step, scene: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What each knob stands at, as people read it."""
    found = []
    for knob in step.knobs:
        value = scene.get(knob.name, _start(knob))
        label = _("Text") if isinstance(knob, Texts) else translated(knob.label)
        if isinstance(knob, Stops):
            value = translated(knob.options[value])
        if isinstance(knob, Moments):
            value = count(int(value))
        if isinstance(knob, Texts):
            value = runs.corpus_title(value)
        found.append((label, numeral(value, "g") if isinstance(value, float) else str(value)))
    return found


def _key(lesson: str, step: Step, knob: Knob) -> str:
    return f"learn-{lesson}-{step.name}-{knob.name}"
