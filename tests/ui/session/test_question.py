from ui.session import question
from ui.session.question import AFTER, BEFORE


def test_both_answers_stay_with_who_gave_them(become):
    become("browser-a")
    assert question.answer_given(BEFORE) is None
    question.keep_answer(BEFORE, "  it is broken ")
    question.keep_answer(AFTER, "x" * 5000)
    become("browser-b")
    assert question.answer_given(BEFORE) is None
    become("browser-a")
    assert question.answer_given(BEFORE) == "it is broken"
    assert len(question.answer_given(AFTER)) == question.LONGEST
    question.forget_answer(AFTER)
    assert question.answer_given(AFTER) is None


def test_who_skips_it_was_asked(become):
    become("browser-a")
    question.keep_answer(BEFORE, "")
    assert question.answer_given(BEFORE) == ""
