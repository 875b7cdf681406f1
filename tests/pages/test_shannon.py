"""Shannon's game as it is played: letter by letter, with keys, ways out and a way back."""

import pytest
import streamlit as st

from minigpt.lessons.playing.held_out import LETTERS, fold_capitals, held_out, passage_starts
from tests.ui.harness import bring_demos, plain, said
from ui.screens.learn import guessing
from ui.screens.learn.report import report
from ui.session.answers import BEGUN, Answer

PASSAGE = fold_capitals(held_out()[passage_starts()[0] :][:LETTERS])
WRONG = next(one for one in "zxq" if one not in PASSAGE[:2])


def keys_as_buttons(symbols, *, key, tried, on_choose, **_words):
    """What the component does in a browser, without one."""
    for place, symbol in enumerate(symbols):
        st.button(
            f"key {symbol}", key=f"{key}-{place}", disabled=symbol in tried, on_click=on_choose,
            args=(place,),
        )  # fmt: skip


@pytest.fixture
def game(visit, monkeypatch):
    bring_demos()
    monkeypatch.setattr(guessing, "letter_keys", keys_as_buttons)
    return visit("learn", lesson="shannon", part="play")


@pytest.fixture
def almost_done(visit, monkeypatch, game):
    """One letter before the end, all others found at once."""
    moves = Answer(guess=PASSAGE[:-1], scene={"passage": 1})
    game.session_state[BEGUN] = {"shannon/play": moves}
    return game.run()


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def type_in(at, letters):
    for letter in letters:
        at = press(at, f"key {letter}")
    return at


def words(at):
    return plain(" ".join([*said(at.markdown), *said(at.caption)]))


def shown(at):
    return " ".join(element.proto.body for element in at.get("html"))


def is_ready(at):
    return not next(one for one in at.button if one.label == "Show what happens").disabled


def test_nothing_of_the_answer_is_on_the_page_before_it_is_guessed(game):
    assert PASSAGE not in fold_capitals(shown(game))
    assert "Type it, or press a key here." in words(game)
    assert not is_ready(game)
    assert not game.exception


def test_a_wrong_letter_can_not_be_pressed_again_and_the_right_one_counts_both(game):
    at = press(game, f"key {WRONG}")
    assert f"Not “{WRONG}”. Guess 2?" in words(at)
    assert next(one for one in at.button if one.label == f"key {WRONG}").disabled
    at = press(at, f"key {PASSAGE[0]}")
    assert "Right, at guess 2. The next letter?" in words(at)
    assert "<small>2</small>" in shown(at)
    assert not any(one.disabled for one in at.button if one.label.startswith("key "))
    assert not at.exception


def test_five_letters_are_enough_to_stop(game):
    at = type_in(game, PASSAGE[:4])
    assert "Right, at the first guess. The next letter?" in words(at)
    assert {"4 of 20 letters", "From 5 on you can stop."} <= set(map(plain, said(at.caption)))
    assert not is_ready(at)
    at = type_in(at, PASSAGE[4])
    assert "From 5 on" not in words(at)
    assert is_ready(at)


def test_the_passage_can_be_changed_until_the_first_guess_and_after_beginning_anew(game):
    assert game.slider
    at = type_in(game, PASSAGE[0])
    assert not at.slider
    at = press(at, "Begin anew")
    assert at.slider
    assert "0 of 20 letters" in words(at)
    assert "Begin anew" not in [one.label for one in at.button]


def test_the_last_letter_ends_the_game(almost_done):
    at = type_in(almost_done, PASSAGE[-1])
    assert not any(one.label.startswith("key ") for one in at.button)
    assert "Give this letter up" not in [one.label for one in at.button]
    at = press(at, "Show what happens")
    assert "Of 20 letters you found 20 at the first guess" in words(at)
    assert "Everybody on these 20 letters" in shown(at)
    assert not at.exception


def test_who_found_every_letter_at_once_needs_no_bits(almost_done):
    at = press(type_in(almost_done, PASSAGE[-1]), "Show what happens")
    assert "at least 0.0 ± 0.0 and at most 0.0 ± 0.0 bits for you" in words(at)


def test_a_game_is_in_the_report_as_it_was_played():
    bring_demos()
    moves = WRONG + PASSAGE[:5]
    page = report({"shannon/play": Answer(guess=moves, scene={"passage": 1})}, "en")
    assert "Of 5 letters you found 4 at the first guess" in page
    assert "Everybody on these 5 letters" in page
