"""What a visitor guessed in the lessons, and why; it stays with the browser until it is closed.

A browser that is known by its cookie finds its answers again after a reload. They are held in
memory, for a limited number of visitors, and written down nowhere.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import streamlit as st

from ui.session.identity import UNKNOWN_VISITOR, current_owner

VISITORS_IN_MEMORY = 500
KEY, BEGUN = "lesson-answers", "lesson-answers-begun"
LONGEST_REASON, LONGEST_GUESS = 300, 2000


@dataclass(kw_only=True)
class Answer:
    """What was said to one step."""

    guess: float | str | None
    """None where the guess was skipped."""
    why: str = ""
    scene: dict[str, Any] = field(default_factory=dict)
    """What the knobs stood at when it was looked at last."""


Answers = dict[str, Answer]


class AnswerBook:
    """The answers of many visitors, of whom those who said least are forgotten first.

    Of several who said as little, whoever was seen longest ago: a thousand visitors who only look
    can't push out a class that is in the middle of a lesson.
    """

    def __init__(self, most: int = VISITORS_IN_MEMORY) -> None:
        self._most, self._lock = most, Lock()
        self._books: OrderedDict[str, Answers] = OrderedDict()

    def of(self, owner: str) -> Answers:
        """The answers of one visitor, to read and to change."""
        with self._lock:
            found = self._books.setdefault(owner, {})
            self._books.move_to_end(owner)
            while len(self._books) > self._most:
                del self._books[min(self._others(owner), key=lambda one: len(self._books[one]))]
            return found

    def _others(self, owner: str) -> list[str]:
        return [one for one in self._books if one != owner]


@st.cache_resource(show_spinner=False)
def _book() -> AnswerBook:
    return AnswerBook()


@st.cache_resource(show_spinner=False)
def _begun_book() -> AnswerBook:
    return AnswerBook()


def answers() -> Answers:
    """Those of this visitor, by lesson and step."""
    return of_visitor(_book(), KEY)


def of_visitor(book: AnswerBook, key: str) -> Answers:
    """What this visitor has in a book, or in the session under a key."""
    if (owner := current_owner()) != UNKNOWN_VISITOR:
        return book.of(owner)
    # All who are not known would share one book.
    mine: Answers = st.session_state.setdefault(key, {})
    return mine


def answer_to(lesson: str, step: str) -> Answer | None:
    """What this visitor said to a step, if anything."""
    return answers().get(_name(lesson, step))


def keep_answer(lesson: str, step: str, guess: float | str | None) -> None:
    """Hold a guess, or that it was skipped."""
    answers()[_name(lesson, step)] = Answer(guess=guess)


def begun_answer(lesson: str, step: str) -> Answer | None:
    """What this visitor has guessed so far at a step that takes many guesses, if anything."""
    return of_visitor(_begun_book(), BEGUN).get(_name(lesson, step))


def keep_begun(lesson: str, step: str, guess: str, scene: dict[str, Any]) -> None:
    """Hold what has been guessed so far, and what the knobs stand at."""
    mine = of_visitor(_begun_book(), BEGUN)
    mine[_name(lesson, step)] = Answer(guess=guess[:LONGEST_GUESS], scene=scene)


def forget_begun(lesson: str, step: str) -> None:
    """Let such a step begin anew."""
    of_visitor(_begun_book(), BEGUN).pop(_name(lesson, step), None)


def keep_reason(lesson: str, step: str, why: str) -> None:
    """Hold why somebody thinks it came out so."""
    if found := answer_to(lesson, step):
        found.why = why[:LONGEST_REASON]


def forget_answer(lesson: str, step: str) -> None:
    """Begin a step anew."""
    forget_begun(lesson, step)
    answers().pop(_name(lesson, step), None)


def _name(lesson: str, step: str) -> str:
    return f"{lesson}/{step}"
