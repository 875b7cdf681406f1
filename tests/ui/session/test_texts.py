"""What was written in a visit: with its settings, bounded, never under another's."""

from dataclasses import replace

import pytest
import streamlit as st

from ui.session import texts
from ui.session.texts import KEY, TextSettings, begin_text, written_texts

ONE = TextSettings(
    run="run", step=20, prompt="ROMEO:", temperature=0.8, top_k=0, top_p=1.0, tokens=5, seed=1
)


@pytest.fixture(autouse=True)
def empty_visit(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def write(settings, words="abc"):
    text = begin_text(settings, "Model")
    text.text, text.length = words, 3
    return text


def test_what_has_no_token_yet_is_no_text():
    begin_text(ONE, "Model")
    assert list(written_texts()) == []


def test_the_newest_is_first_and_equal_settings_are_there_once():
    first, second = write(ONE), write(replace(ONE, seed=2))
    assert list(written_texts()) == [second, first]
    again = write(ONE)
    assert list(written_texts()) == [again, second]


def test_what_grows_in_the_session_is_what_is_read_from_it():
    text = write(ONE)
    text.text += "d"
    assert written_texts()[0].text == "abcd"


def test_the_oldest_go_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(texts, "MOST_TEXTS", 3)
    for seed in range(5):
        write(replace(ONE, seed=seed))
    assert [one.settings.seed for one in written_texts()] == [4, 3, 2]


def test_the_oldest_go_when_they_are_too_long_together(monkeypatch):
    monkeypatch.setattr(texts, "MOST_CHARACTERS", 10)
    for seed in range(4):
        write(replace(ONE, seed=seed), "12345")
    begin_text(replace(ONE, seed=9), "Model")
    assert [one.settings.seed for one in st.session_state[KEY]] == [9, 3, 2]
