"""What was written in a visit: with its settings, bounded, never under another's."""

from dataclasses import replace

import pytest
import streamlit as st

from minigpt.sampling.generate import SampledToken
from ui.session.texts import (
    KEY,
    MOST_TEXTS,
    MOST_TOKENS,
    Branch,
    TextSettings,
    begin_text,
    forget_texts,
    read_stop_lines,
    stop_lines,
    text_of,
    written_texts,
)

ONE = TextSettings(
    run="run", step=20, prompt="ROMEO:", temperature=0.8, top_k=0, top_p=1.0, tokens=5, seed=1
)

WHOLE = Branch()


@pytest.fixture(autouse=True)
def empty_visit(monkeypatch):
    monkeypatch.setattr(st, "session_state", {})


def write(settings, length=3, branch=WHOLE):
    text = begin_text(settings, "Model", branch)
    text.text, text.tokens = "x" * length, [SampledToken(0, 1.0, 1.0, 0.5)] * length
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
    assert written_texts()[0].text == "xxxd"


def test_the_oldest_go_when_there_are_too_many():
    for seed in range(MOST_TEXTS + 2):
        write(replace(ONE, seed=seed))
    seeds = [one.settings.seed for one in written_texts()]
    assert seeds == list(range(MOST_TEXTS + 1, 1, -1))


def test_the_oldest_go_when_they_are_too_long_together():
    for seed in range(4):
        write(replace(ONE, seed=seed), MOST_TOKENS // 2)
    begin_text(replace(ONE, seed=9), "Model")
    assert [one.settings.seed for one in st.session_state[KEY]] == [9, 3, 2]


def test_branches_of_the_same_settings_are_texts_of_their_own():
    fork = Branch(0, ((1, 7),))
    whole, forked = write(ONE), write(ONE, branch=fork)
    assert list(written_texts()) == [forked, whole]
    assert text_of(ONE, fork) is forked
    assert text_of(ONE, Branch(1)) is None
    other = write(replace(ONE, seed=9))
    forget_texts(ONE)
    assert list(written_texts()) == [other]


def test_a_fork_keeps_what_was_picked_before_it_and_drops_what_came_after():
    branch = Branch(2).forked(5, 1).forked(9, 2)
    assert branch == Branch(2, ((5, 1), (9, 2)))
    assert branch.forked(7, 3) == Branch(2, ((5, 1), (7, 3)))
    assert branch.forked(9, 3) == Branch(2, ((5, 1), (9, 3)))
    assert branch.parent == Branch(2, ((5, 1),))


@pytest.mark.parametrize("stop", [(), ("\n\n", "END"), ("a\\nb", "\\", "\n\\n")])
def test_stop_strings_survive_being_written_down(stop):
    assert read_stop_lines(stop_lines(stop)) == stop
