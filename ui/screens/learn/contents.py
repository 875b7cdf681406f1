"""All lessons with what one can do after each, and how far a visitor is."""

import streamlit as st

from minigpt.errors import MiniGPTError
from ui import messages
from ui.i18n import _, ngettext, translated
from ui.screens.learn.lesson import Lesson, Step
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import scene_of
from ui.screens.learn.one_step import open_step, show_step
from ui.screens.learn.question.before_and_after import show_after, show_before
from ui.screens.learn.question.class_table import show_class_table
from ui.screens.learn.report import show_download
from ui.screens.learn.sharing import numbers_of, prepare_lessons
from ui.session import url
from ui.session.answers import answer_to

IN_A_ROW = 2


def show_learn() -> None:
    """The lesson that the address names, else the list of them."""
    lesson = LESSONS.get(url.in_url(url.LESSON) or "")
    if lesson is None:
        _show_contents()
        prepare_lessons(LESSONS.values(), None, None)
        return
    step = lesson.step(url.in_url(url.PART))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            _("All lessons"), icon=":material/arrow_back:", type="tertiary", on_click=open_step,
            args=(None,), key="to-contents",
        )  # fmt: skip
        st.caption(
            _(
                "Step {step} of {steps}",
                step=lesson.steps.index(step) + 1, steps=len(lesson.steps),
            ),
            width="content",
        )  # fmt: skip
    st.title(translated(lesson.title), anchor=False)
    _show_steps(lesson, step.name)
    show_step(lesson, step, _lesson_after(lesson))
    # Last of all, so that what is asked for now is there first.
    prepare_lessons(LESSONS.values(), lesson, step)


def is_taken(lesson: Lesson, step: Step) -> bool:
    """Whether a visitor has been through a step: answered, and seen or could see what came out."""
    if answer_to(lesson.name, step.name) is None:
        return False
    if step.trainings is None:
        return True
    try:  # what is to be trained first has shown nothing yet
        return step.is_done(numbers_of(lesson, step, scene_of(lesson.name, step)))
    except MiniGPTError:
        return False


def _lesson_after(lesson: Lesson) -> Lesson | None:
    others = list(LESSONS.values())
    return next(iter(others[others.index(lesson) + 1 :]), None)


def _show_contents() -> None:
    st.title(_("Learn"), anchor=False)
    st.markdown(
        _(
            "Each step asks first and shows then. Guess, look at what comes out, and say in one "
            "line why. *Every figure is computed while you look.*"
        )
    )
    show_before()
    numbered = list(enumerate(LESSONS.values(), start=1))
    for row in range(0, len(numbered), IN_A_ROW):
        # By rows, so that a reader with a keyboard or a telephone meets them in their order.
        for column, (number, lesson) in zip(
            st.columns(IN_A_ROW), numbered[row : row + IN_A_ROW], strict=False
        ):
            with column:
                _show_card(number, lesson)
    show_after()
    show_download()
    show_class_table()


def _show_card(number: int, lesson: Lesson) -> None:
    done = sum(is_taken(lesson, step) for step in lesson.steps)
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{number}. {messages.escape(translated(lesson.title))}**")
        st.markdown(messages.escape(translated(lesson.goal)))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                _progress_word(done, len(lesson.steps)), key=f"open-{lesson.name}",
                icon=":material/arrow_forward:", on_click=open_step,
                args=(lesson.name, _next_step(lesson)),
            )  # fmt: skip
            st.caption(
                ngettext(
                    "{done} of {count} step done", "{done} of {count} steps done",
                    len(lesson.steps), done=done,
                ),
                width="content",
            )  # fmt: skip


def _progress_word(done: int, steps: int) -> str:
    if not done:
        return _("Begin")
    return _("Go on") if done < steps else _("Look at it again")


def _next_step(lesson: Lesson) -> str:
    open_ones = (step.name for step in lesson.steps if not is_taken(lesson, step))
    return next(open_ones, lesson.steps[0].name)


NARROW = """
@media (max-width: 640px) {
  .st-key-lesson-steps [data-testid='stBaseButton-tertiary'] p {
    position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  }
}
"""
"""On a telephone the other steps are their numbers; their names are still read aloud."""


MOST_ICONS = 9
"""There are icons for the numbers from 1 to this one."""
LATE = """
.st-key-step-PLACE button::before { content: "NUMBER"; flex: none; font-size: 0.7rem;
  font-weight: 600; line-height: 1.15rem; min-width: 1.15rem; text-align: center;
  border-radius: 0.6rem; box-shadow: inset 0 0 0 1.5px currentColor; margin-right: 0.35rem; }
"""
"""Looks like an icon, for the numbers that have none."""


def _show_steps(lesson: Lesson, current: str) -> None:
    taken = {step.name for step in lesson.steps if is_taken(lesson, step)}
    late = "".join(
        LATE.replace("PLACE", f"{lesson.name}-{step.name}").replace("NUMBER", str(number))
        for number, step in enumerate(lesson.steps, start=1)
        if number > MOST_ICONS and step.name not in taken
    )
    st.html(f"<style>{NARROW}{late}</style>")
    with st.container(horizontal=True, gap="small", key="lesson-steps"):
        for number, step in enumerate(lesson.steps, start=1):
            st.button(
                translated(step.title), key=f"step-{lesson.name}-{step.name}",
                icon=":material/check:" if step.name in taken else f":material/counter_{number}:"
                if number <= MOST_ICONS else None,
                type="secondary" if step.name == current else "tertiary", on_click=open_step,
                args=(lesson.name, step.name),
            )  # fmt: skip
