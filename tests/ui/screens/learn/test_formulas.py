from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.one_step import FORMULA_WORDS, formula_in_words

FORMULAS = [step.formula for lesson in LESSONS.values() for step in lesson.steps]


def test_the_plain_words_of_formulas_are_said_in_the_visitors_language(speak):
    said = " ".join(FORMULAS)
    assert all(rf"\text{{{word}}}" in said for word in FORMULA_WORDS)
    assert [formula_in_words(one) for one in FORMULAS] == FORMULAS
    speak("id")
    assert formula_in_words(r"-\ln p(\text{next token})") == r"-\ln p(\text{token berikutnya})"
