"""What a visitor said to the question that is asked before the lessons and again after them."""

import streamlit as st

from ui.session.answers import Answer, AnswerBook, Answers, of_visitor

BEFORE, AFTER = "before", "after"
KEY = "lesson-question"
LONGEST = 1000


@st.cache_resource(show_spinner=False)
def _book() -> AnswerBook:
    return AnswerBook()


def answer_given(when: str) -> str | None:
    """What was said before or after; None before anything was, empty where it was skipped."""
    found = _said().get(when)
    return None if found is None else found.why


def keep_answer(when: str, text: str) -> None:
    """Hold what is said."""
    _said()[when] = Answer(guess=None, why=text.strip()[:LONGEST])


def forget_answer(when: str) -> None:
    """Ask again."""
    _said().pop(when, None)


def _said() -> Answers:
    return of_visitor(_book(), KEY)
