import pytest

from ui.charts.figures import as_html
from ui.screens.learn.lessons.whole_gpt.blocks import LESSON
from ui.screens.learn.moving import start_of
from ui.theme import LIGHT


def step(name):
    return next(one for one in LESSON.steps if one.name == name)


def test_the_lecture_s_column_is_on_the_screen_and_a_rounded_zero_has_no_sign():
    norm = step("norm")
    shown = "".join(as_html(one, LIGHT) for one in norm.after(norm.compute(start_of(norm)), "rows"))
    assert "0.1469" in shown
    assert "0.8803" in shown
    assert "−0.0000" not in shown
    assert "-0.0000" not in shown


@pytest.mark.parametrize(("kind", "truth"), [
    ("lecture", "rows"), ("layer", "rows"), ("columns", "columns"),
])  # fmt: skip
def test_what_is_even_is_read_from_the_numbers(kind, truth):
    norm = step("norm")
    assert norm.truth(norm.compute({"kind": kind})) == truth


def test_one_output_changes_and_attention_changes_all_after_it():
    alone = step("feed-forward")
    assert "changes 1 output, attention 6:" in str(alone.result(alone.compute({"token": 3})))
