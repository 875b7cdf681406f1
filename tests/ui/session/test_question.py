import pytest

from ui.session import question
from ui.session.answers import AnswerBook
from ui.session.question import AFTER, BEFORE


@pytest.fixture
def as_visitor(become, monkeypatch):
    """A function that makes the next lines those of another browser; the book is empty."""
    book = AnswerBook()
    monkeypatch.setattr(question, "_book", lambda: book)
    return become


def test_both_answers_stay_with_who_gave_them(as_visitor):
    as_visitor("browser-a")
    assert question.answer_given(BEFORE) is None
    question.keep_answer(BEFORE, "  it is broken ")
    question.keep_answer(AFTER, "x" * 5000)
    as_visitor("browser-b")
    assert question.answer_given(BEFORE) is None
    as_visitor("browser-a")
    assert question.answer_given(BEFORE) == "it is broken"
    assert len(question.answer_given(AFTER)) == question.LONGEST
    question.forget_answer(AFTER)
    assert question.answer_given(AFTER) is None


def test_who_skips_it_was_asked(as_visitor):
    as_visitor("browser-a")
    question.keep_answer(BEFORE, "")
    assert question.answer_given(BEFORE) == ""
