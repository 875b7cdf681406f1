import pytest
import streamlit as st

from minigpt.lessons.handed_in import read_report
from ui.screens.learn.question.class_table import report_table
from ui.screens.learn.report import report
from ui.session import question
from ui.session.answers import Answer
from ui.session.question import AFTER, BEFORE


@pytest.fixture(autouse=True)
def empty_visit(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def test_a_report_of_the_app_becomes_a_row():
    question.keep_answer(BEFORE, "it is <broken>")
    question.keep_answer(AFTER, "=what it read")
    kept = {
        "tokens/encode": Answer(guess=6.0), "tokens/decode": Answer(guess="cab"),
        "averages/triangle": Answer(guess=None),
    }  # fmt: skip
    page = report(kept, "en")
    assert "Before the lessons" in page
    assert "it is &lt;broken&gt;" in page
    columns, rows = report_table([("ani.html", read_report(page.encode()))])
    named = dict(zip(columns, rows[0], strict=True))
    assert named["file"] == "ani.html"
    assert named["before the lessons"] == "it is <broken>"
    assert named["after the lessons"] == "=what it read"
    assert (named["guessed first"], named["guessed right"]) == (2, 1)
    assert list(named.values())[-2:] == ["", ""]


def test_who_was_never_asked_has_no_question_in_the_report():
    assert "Before the lessons" not in report({"tokens/decode": Answer(guess="cab")}, "en")


def page():
    from ui.screens.learn.question.class_table import show_class_table

    show_class_table()


def test_it_is_said_whose_computer_reads_the_files_and_stores_none(draw):
    at = draw(page)
    assert "The computer that runs MiniGPT reads the files and stores none." in at.markdown[0].value
    assert not at.exception
