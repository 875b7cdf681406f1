"""A step of a lesson: words, a guess, what came out with the guess beside it, and why."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages, pickers
from ui.charts.figure_style import figure_style
from ui.charts.figures import Figure, NumberLine, Options, Tokens, as_html
from ui.components.token_strip import token_strip
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.screens.learn.guessing import guess_letters, so_far
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    NextLetters,
    Place,
    Scene,
    Step,
)
from ui.screens.learn.moving import scene_of, show_knobs, slide, start_of
from ui.screens.learn.sharing import shared_numbers
from ui.session import url
from ui.session.answers import (
    LONGEST_REASON,
    Answer,
    answer_to,
    forget_answer,
    keep_answer,
    keep_reason,
)
from ui.theme import palette


def open_step(lesson: str | None, step: str | None = None) -> None:
    """Make the address name a step; for the callback of a button. None is the list of lessons."""
    asked = {url.LESSON: lesson, url.PART: step}
    others = {name: value for name, value in st.query_params.items() if name not in asked}
    # All in one go: each change of the address is one more step for the browser's Back.
    st.query_params.from_dict({**others, **{name: one for name, one in asked.items() if one}})


def show_step(lesson: Lesson, step: Step, after: Lesson | None) -> None:
    """Draw a step; what came out only once somebody guessed, or said that they would not.

    Args:
        lesson: the one that is open.
        step: one of its steps.
        after: the lesson that follows.
    """
    said = answer_to(lesson.name, step.name)
    scene = scene_of(lesson.name, step)
    try:
        numbers = numbers_of(lesson, step, scene)
    except MiniGPTError as error:
        messages.show_error(error)
        show_knobs(lesson.name, step, scene)
        return
    st.subheader(translated(step.title), anchor=False)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_what_can_be_seen(lesson, step, scene, numbers, said)
    with right:
        if said is None:
            _ask(lesson, step, scene, numbers)
        else:
            _answer(lesson, step, numbers, said)
            _lead_on(lesson, step, after)
    if said is not None:
        _show_code(step, scene)


def _show_what_can_be_seen(
    lesson: Lesson, step: Step, scene: Scene, numbers: Any, said: Answer | None
) -> None:
    st.markdown(messages.escape(translated(step.words)))
    if step.formula:
        st.latex(step.formula)
    if said is None:
        draw(step.before(numbers))
        if isinstance(step.question, NextLetters):
            draw(so_far(lesson, step, step.question, numbers))
    else:
        draw(revealed(lesson, step, scene, said.guess))
        if not isinstance(step.question, NextLetters):
            show_knobs(lesson.name, step, scene)


def numbers_of(lesson: Lesson, step: Step, scene: Scene) -> Any:
    """What the core computed for a step.

    Raises:
        MiniGPTError: the text of the step cannot be had, or is unfit for it.
    """
    place = f"{lesson.name}/{step.name}"
    return shared_numbers(place, tuple(scene.items()), lambda: step.compute(scene))


def draw(figures: Sequence[Figure]) -> None:
    """Put figures on the page."""
    colors = palette()
    shown = "".join(as_html(figure, colors) for figure in figures)
    st.html(figure_style(colors) + shown)


def revealed(lesson: Lesson, step: Step, scene: Scene, guess: Guess) -> list[Figure]:
    """Guess and result in one picture, then what the step itself draws.

    A guess was about what the knobs stood at first: what is moved later is compared with nothing.
    """
    numbers, start = numbers_of(lesson, step, scene), start_of(step)
    if isinstance(step.question, NextLetters):
        # Which letters they were, the knobs say; and those stay where they were.
        return list(step.after(numbers, guess))
    pictures = compared(step, numbers_of(lesson, step, start), guess)
    return [*pictures, *step.after(numbers, guess if scene == start else None)]


def compared(step: Step, numbers: Any, guess: Guess) -> list[Figure]:
    """The picture of a guess beside what came out."""
    truth, question = step.truth(numbers), step.question
    title = translated(question.text)
    if isinstance(question, Amount):
        line = NumberLine(
            title=title, low=question.low, high=question.high, truth=float(truth),
            guess=None if guess is None else float(guess), digits=question.digits,
            unit=translated(question.unit),
        )  # fmt: skip
        return [line]
    if isinstance(question, Choice):
        options = {name: translated(text) for name, text in question.options.items()}
        chosen = None if guess is None else str(guess)
        return [Options(title=title, options=options, truth=str(truth), guess=chosen)]
    if isinstance(question, NextLetters):
        return []  # what came of many guesses, the step draws itself
    return [
        Tokens(
            title=title, tokens=list(question.tokens(numbers)),
            marked={int(truth)},
            guessed=set() if guess is None else {int(guess)}, is_answer=True,
        )
    ]  # fmt: skip


def _ask(lesson: Lesson, step: Step, scene: Scene, numbers: Any) -> None:
    st.markdown(f"**{messages.escape(translated(step.question.text))}**")
    guess = _guess(lesson, step, scene, numbers)
    st.button(
        _("Show what happens"),
        key=f"show-{lesson.name}-{step.name}",
        # White letters, as on a filled button, could not be read on one that cannot be pressed.
        type="secondary" if guess is None else "primary",
        icon=":material/visibility:",
        disabled=guess is None,
        on_click=keep_answer,
        args=(lesson.name, step.name, guess),
        help=None if guess is not None else _(
            "First guess. Who has guessed sees more, right or wrong."
        ),
    )  # fmt: skip
    st.button(
        _("Show it without a guess"), type="tertiary", on_click=keep_answer,
        args=(lesson.name, step.name, None),
    )  # fmt: skip


def _guess(lesson: Lesson, step: Step, scene: Scene, numbers: Any) -> Guess:
    key, question = f"guess-{lesson.name}-{step.name}", step.question
    if isinstance(question, Amount):
        if key not in st.session_state:
            st.session_state[key] = _middle(question)
        return slide(_("Your guess"), question.low, question.high, step=question.step, key=key)
    if isinstance(question, Choice):
        options = question.options
        return pickers.pills(
            _("Your guess"), list(options), key=key, show=lambda one: translated(options[one])
        )
    if isinstance(question, NextLetters):
        return guess_letters(lesson, step, scene, numbers)
    return _mark(question, key, numbers)


def _middle(question: Amount) -> float:
    half = question.step * round((question.high - question.low) / 2 / question.step)
    middle = question.low + half
    return int(middle) if float(question.step).is_integer() else middle


def _mark(question: Place, key: str, numbers: Any) -> float | None:
    place: int | None = st.session_state.get(f"{key}-place")
    token_strip(
        question.tokens(numbers), key=key, chosen=place,
        label=_("The tokens. Arrow keys mark one of them."),
        stands_apart=True,
        on_choose=lambda token: st.session_state.update({f"{key}-place": token}),
    )  # fmt: skip
    return place


def _answer(lesson: Lesson, step: Step, numbers: Any, said: Answer) -> None:
    title = _("What came out")  # not within the next line, where nobody would look for it
    st.markdown(f"**{title}**")
    st.markdown(messages.escape(step.told(numbers, said.guess)))
    key = f"why-{lesson.name}-{step.name}"
    st.session_state.setdefault(key, said.why)
    st.text_input(
        _("Why? In one line, in your own words"), key=key, max_chars=LONGEST_REASON,
        on_change=lambda: keep_reason(lesson.name, step.name, st.session_state[key]),
    )  # fmt: skip
    with st.expander(_("Compare with our reason"), expanded=bool(said.why)):
        st.markdown(messages.escape(translated(step.because)))
    if step.way:
        st.page_link(
            page_file(step.way.page), label=translated(step.way.label),
            icon=":material/arrow_forward:", query_params=dict(step.way.query),
        )  # fmt: skip


def _lead_on(lesson: Lesson, step: Step, after: Lesson | None) -> None:
    """The next step, the next lesson after the last one, and the way back to the question."""
    at = lesson.steps.index(step) + 1
    to: tuple[str | None, str | None] = (None, None)
    if at < len(lesson.steps):
        label, to = _("Next step"), (lesson.name, lesson.steps[at].name)
    elif after:
        title = messages.escape(translated(after.title))
        label, to = _("Next lesson: {title}", title=title), (after.name, None)
    else:
        label = _("All lessons")
    st.button(
        label, type="primary", icon=":material/arrow_forward:", on_click=open_step, args=to,
        key=f"on-from-{lesson.name}-{step.name}",
    )  # fmt: skip
    st.button(
        _("Guess again"), type="tertiary", on_click=forget_answer, args=(lesson.name, step.name)
    )


def _show_code(step: Step, scene: Scene) -> None:
    with st.expander(_("The lines that compute it"), icon=":material/code:"):
        st.code(step.code(scene), language="python")
        st.caption(_("They run as they are in a notebook in which this package is installed."))
