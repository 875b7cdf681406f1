"""The question that is asked before the lessons and again after them, so that one sees a change."""

from html import escape

import streamlit as st

from minigpt.sentences import N_
from ui import messages
from ui.i18n import _, translated
from ui.screens.learn.lessons import LESSONS
from ui.session import question
from ui.session.answers import answer_to, answers
from ui.session.question import AFTER, BEFORE, LONGEST

QUESTION = N_("Why does a language model sometimes write nonsense?")


def show_before() -> None:
    """Ask whoever has seen nothing yet."""
    if question.answer_given(BEFORE) is not None or answers():
        return
    with st.container(border=True):
        st.markdown(f"**{messages.escape(_('First a question'))}**")
        _ask(
            BEFORE,
            _(
                "Say what you think now, in your own words. It is asked again after the lessons, "
                "and you see both answers side by side. Nobody marks it."
            ),
        )


def show_after() -> None:
    """Ask again once a lesson is finished; then both answers side by side."""
    if question.answer_given(AFTER) is None:
        if not any(map(_is_done, LESSONS)):
            return
        with st.container(border=True):
            st.markdown(f"**{messages.escape(_('The same question again'))}**")
            _ask(AFTER, _("When you are through with the lessons: what would you say now?"))
        return
    with st.container(border=True):
        st.markdown(f"**{messages.escape(translated(QUESTION))}**")
        for column, (title, words) in zip(st.columns(2), both_answers(), strict=True):
            column.caption(title)
            column.markdown(messages.escape(words))
        st.button(
            _("Answer it anew"), type="tertiary", on_click=question.forget_answer, args=(AFTER,)
        )


def both_answers() -> list[tuple[str, str]]:
    """When it was asked, and what was said then."""
    nothing = _("(nothing was said)")
    return [
        (_("Before the lessons"), question.answer_given(BEFORE) or nothing),
        (_("After the lessons"), question.answer_given(AFTER) or nothing),
    ]


def as_report() -> str:
    """Both answers for a page to print; nothing where neither was asked."""
    if question.answer_given(BEFORE) is None and question.answer_given(AFTER) is None:
        return ""
    cells = "".join(
        f"<td><p class='small'>{escape(title)}</p><p>{escape(words)}</p></td>"
        for title, words in both_answers()
    )
    title = escape(translated(QUESTION))
    return f"<h2>{title}</h2><table class='both'><tr>{cells}</tr></table>"


def _is_done(lesson: str) -> bool:
    return all(answer_to(lesson, step.name) is not None for step in LESSONS[lesson].steps)


def _ask(when: str, words: str) -> None:
    key = f"question-{when}"
    st.caption(words)
    st.text_area(translated(QUESTION), key=key, max_chars=LONGEST, height=100)
    with st.container(horizontal=True):
        st.button(
            _("Keep my answer"), type="primary", key=f"keep-{when}",
            on_click=lambda: question.keep_answer(when, st.session_state[key]),
        )  # fmt: skip
        st.button(
            _("Skip it"), type="tertiary", key=f"skip-{when}",
            on_click=question.keep_answer, args=(when, ""),
        )  # fmt: skip
