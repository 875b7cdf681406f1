"""A step of a lesson: words, a guess, what came out with the guess beside it, and why."""

from typing import Any

import streamlit as st

from minigpt.errors import MiniGPTError
from minigpt.sentences import N_
from ui import messages, pickers
from ui.charts.figures import Figure, NumberLine, Options, Tokens
from ui.components.python_lines import python_lines
from ui.components.token_strip import token_strip
from ui.i18n import _, translated
from ui.navigation import page_file
from ui.screens.learn.guessing import guess_letters, guess_order, so_far
from ui.screens.learn.lesson import (
    Amount,
    Choice,
    Guess,
    Lesson,
    NextLetters,
    Order,
    Place,
    Scene,
    Step,
)
from ui.screens.learn.moving import number_slider, scene_of, show_knobs, start_of
from ui.screens.learn.sharing import draw_figures, numbers_of
from ui.screens.learn.watching import is_to_be_trained, start_trainings, watch_trainings
from ui.session import url
from ui.session.answers import (
    LONGEST_REASON,
    Answer,
    answer_to,
    forget_answer,
    keep_answer,
    keep_reason,
)
from ui.session.unheard import catch_up, note_change

FORMULA_WORDS = (N_("next token"), N_("part"), N_("position"), N_("bits"))
"""Plain words in formulas; names such as Attention or softmax are the field's everywhere."""


def open_step(lesson: str | None, step: str | None = None) -> None:
    """Make the address name a step; for the callback of a button. None is the list of lessons."""
    catch_up()
    asked = {url.LESSON: lesson, url.PART: step}
    others = {name: value for name, value in st.query_params.items() if name not in asked}
    # All in one go: each change of the address is one more step for the browser's Back.
    st.query_params.from_dict({**others, **{name: one for name, one in asked.items() if one}})
    note_change()


def show_step(lesson: Lesson, step: Step, after: Lesson | None) -> None:
    """Draw a step; what came out only once somebody guessed, or said that they would not.

    Args:
        lesson: the one that is open.
        step: one of its steps.
        after: the lesson that follows.
    """
    said = answer_to(lesson.name, step.name)
    try:
        scene = scene_of(lesson.name, step)
    except MiniGPTError as error:  # nothing to move where there is nothing to move between
        messages.show_error(error)
        return
    st.subheader(translated(step.title), anchor=False)
    if said is not None and _waits(lesson, step, scene, said):
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _say(step)  # which can be read while the figures are computed
        try:
            numbers = numbers_of(lesson, step, scene, is_watched=True)
        except MiniGPTError as error:
            messages.show_error(error)
            show_knobs(lesson.name, step, scene)
            return
        _show_what_can_be_seen(lesson, step, scene, numbers, said)
    with right:
        if said is None:
            _ask(lesson, step, scene, numbers)
        else:
            _answer(lesson, step, numbers, said)
            _lead_on(lesson, step, after)
    if said is not None:
        _show_code(step, scene)


def _waits(lesson: Lesson, step: Step, scene: Scene, said: Answer) -> bool:
    """Draw how far the runs of a step are, as long as it can't be said what came out."""
    if step.trainings is None:
        return False
    try:
        if step.is_done(numbers_of(lesson, step, scene, is_watched=True)):
            return False
    except MiniGPTError:
        return False  # it is told where the figures would be
    _wait(lesson, step, scene, said.guess)
    return True


def _show_what_can_be_seen(
    lesson: Lesson, step: Step, scene: Scene, numbers: Any, said: Answer | None
) -> None:
    if said is None:
        draw_figures(step.before(numbers))
        if isinstance(step.question, NextLetters):
            draw_figures(so_far(lesson, step, step.question, numbers))
    else:
        draw_figures(reveal_result(lesson, step, scene, said.guess))
        if not isinstance(step.question, NextLetters):
            show_knobs(lesson.name, step, scene)


def reveal_result(lesson: Lesson, step: Step, scene: Scene, guess: Guess) -> list[Figure]:
    """Guess and result in one picture, then what the step itself draws.

    A guess was about what the knobs stood at first: what is moved later is compared with nothing.
    """
    numbers, start_scene = numbers_of(lesson, step, scene), start_of(step)
    if isinstance(step.question, NextLetters):
        # Which letters they were, the knobs say; and those stay where they were.
        return list(step.after(numbers, guess))
    at_first = numbers_of(lesson, step, start_scene)
    # What is trained may be there for another text, and not for the first one.
    pictures = compare_guess(step, at_first, guess) if step.is_done(at_first) else []
    return [*pictures, *step.after(numbers, guess if scene == start_scene else None)]


def compare_guess(step: Step, numbers: Any, guess: Guess) -> list[Figure]:
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
    if isinstance(question, Order | NextLetters):
        return []  # what came out, the step draws itself
    return [
        Tokens(
            title=title, tokens=list(question.tokens(numbers)),
            marked={int(truth)},
            guessed=set() if guess is None else {int(guess)}, is_answer=True,
        )
    ]  # fmt: skip


def _say(step: Step) -> None:
    st.markdown(messages.escape(translated(step.words)))
    if step.formula:
        st.latex(formula_in_words(step.formula))


def formula_in_words(formula: str) -> str:
    """A formula as the visitor reads it."""
    for word in FORMULA_WORDS:
        formula = formula.replace(rf"\text{{{word}}}", rf"\text{{{translated(word)}}}")
    return formula


def _wait(lesson: Lesson, step: Step, scene: Scene, guess: Guess) -> None:
    _say(step)
    watch_trainings(lesson, step, scene, guess)
    # The knobs lead to what is there already, also after a run was refused.
    with st.expander(_("Take something else"), icon=":material/tune:"):
        show_knobs(lesson.name, step, scene)
        st.button(
            _("Guess again"), type="tertiary", on_click=forget_answer,
            args=(lesson.name, step.name),
        )  # fmt: skip


def _ask(lesson: Lesson, step: Step, scene: Scene, numbers: Any) -> None:
    st.markdown(f"**{messages.escape(translated(step.question.text))}**")
    guess = _guess(lesson, step, scene, numbers)
    trains = is_to_be_trained(step, scene)
    st.button(
        _("Train them and show what happens") if trains else _("Show what happens"),
        key=f"show-{lesson.name}-{step.name}",
        # White letters, as on a filled button, could not be read on one that cannot be pressed.
        type="secondary" if guess is None else "primary",
        icon=":material/visibility:",
        disabled=guess is None,
        on_click=_commit,
        args=(lesson, step, scene, guess),
        help=None if guess is not None else _(
            "Guess first. Whoever has guessed sees more, right or wrong."
        ),
    )  # fmt: skip
    st.button(
        _("Train them without a guess") if trains else _("Show it without a guess"),
        type="tertiary", on_click=_commit, args=(lesson, step, scene, None),
        key=f"skip-{lesson.name}-{step.name}",
    )  # fmt: skip


def _commit(lesson: Lesson, step: Step, scene: Scene, guess: Guess) -> None:
    keep_answer(lesson.name, step.name, guess)
    if step.trainings:
        start_trainings(lesson, step, scene)


def _guess(lesson: Lesson, step: Step, scene: Scene, numbers: Any) -> Guess:
    key, question = f"guess-{lesson.name}-{step.name}", step.question
    if isinstance(question, Amount):
        if key not in st.session_state:
            st.session_state[key] = middle_of(question)
        return number_slider(
            _("Your guess"), question.low, question.high, step=question.step, key=key
        )
    if isinstance(question, Choice):
        options = question.options
        return pickers.pills(
            _("Your guess"), list(options), key=key, show=lambda one: translated(options[one])
        )
    if isinstance(question, NextLetters):
        return guess_letters(lesson, step, scene, numbers)
    if isinstance(question, Order):
        return guess_order(question, key)
    return _mark(question, key, numbers)


def middle_of(question: Amount) -> float:
    """Where the slider stands before anybody has moved it."""
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
    python_lines(
        _("The lines that compute it"), lambda: step.code(scene),
        _("They run as they are in a notebook in which this package is installed."),
        key=f"lines-of-{step.name}", icon=":material/code:",
    )  # fmt: skip
