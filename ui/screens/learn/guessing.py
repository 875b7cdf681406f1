"""Guesses that take several presses: letters one after the other, and an order to put things in."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from minigpt.lessons.playing.guesses import GIVEN_UP, GameProgress, replay_guesses
from ui.charts.figures import Figure, Text, Tokens
from ui.components.letter_keys import letter_keys
from ui.i18n import _, ngettext, translated
from ui.messages import escape
from ui.screens.learn.lesson import JOINT, Lesson, NextLetters, Order, Scene, Step
from ui.screens.learn.moving import show_knobs
from ui.session.answers import begun_answer, forget_begun, keep_begun
from ui.wording import glyph

FEWEST = 5
"""Letters from which on it can be looked at how it went."""
CURSOR = "▁"


def so_far(lesson: Lesson, step: Step, question: NextLetters, numbers: Any) -> Sequence[Figure]:
    """The text up to the letter that is to be guessed, and how many guesses the others took."""
    played = _played(question, numbers, _moves(lesson, step))
    found = question.shown(numbers)[: len(played.ranks)]
    is_open = len(found) < len(question.letters(numbers))
    text = f"{question.before(numbers)}{found}{CURSOR if is_open else ''}"
    figures: list[Figure] = [Text(title=_("The text so far"), text=text)]
    if found:
        title = _("Under each letter the number of guesses that it took")
        figures.append(Tokens(title=title, tokens=found, below=played.ranks))
    return figures


def guess_letters(lesson: Lesson, step: Step, scene: Scene, numbers: Any) -> str | None:
    """The keys, and a way to give a letter up; all guesses once there are enough letters."""
    question, moves = step.question, _moves(lesson, step)
    assert isinstance(question, NextLetters)
    played, letters = _played(question, numbers, moves), question.letters(numbers)
    done = len(played.ranks)
    if not moves:
        show_knobs(lesson.name, step, scene)
    if done < len(letters):
        _show_keys(lesson, step, scene, question.symbols(numbers), moves, played)
    st.caption(
        ngettext("{done} of {count} letter", "{done} of {count} letters", len(letters), done=done)
    )
    if done < FEWEST:
        st.caption(_("From {fewest} on you can stop.", fewest=FEWEST))
    if moves:
        st.button(
            _("Begin anew"), type="tertiary", icon=":material/restart_alt:",
            on_click=forget_begun, args=(lesson.name, step.name),
        )  # fmt: skip
    return moves if done >= FEWEST else None


def _show_keys(
    lesson: Lesson,
    step: Step,
    scene: Scene,
    symbols: Sequence[str],
    moves: str,
    played: GameProgress,
) -> None:
    def add(move: str) -> None:
        keep_begun(lesson.name, step.name, moves + move, dict(scene))

    said = _last(moves, played)
    st.markdown(said or _("Type it, or press a key here."))
    letter_keys(
        symbols, key=f"keys-{lesson.name}-{step.name}", label=_("Keys: guess the next letter"),
        tried=played.tried, turn=len(moves), said=said,
        on_choose=lambda place: add(symbols[place]),
    )  # fmt: skip
    st.button(
        _("Give this letter up"), key=f"give-up-{lesson.name}-{step.name}",
        icon=":material/flag:", on_click=add, args=(GIVEN_UP,),
        help=_("It is shown, and counts as if you had guessed all that is left blindly."),
    )  # fmt: skip


def _last(moves: str, played: GameProgress) -> str:
    """What came of the last guess."""
    if not moves:
        return ""
    if played.tried:
        guess = len(played.tried) + 1
        return _("Not {letter}. Guess {number}?", letter=_name(played.tried[-1]), number=guess)
    if played.given_up[-1]:
        return _("Given up; it counts as {count} guesses. The next letter?", count=played.ranks[-1])
    return ngettext(
        "Right, at the first guess. The next letter?",
        "Right, at guess {count}. The next letter?", played.ranks[-1],
    )  # fmt: skip


def _name(letter: str) -> str:
    return _("space") if letter == " " else f"“{glyph(letter)}”"


def _moves(lesson: Lesson, step: Step) -> str:
    found = begun_answer(lesson.name, step.name)
    return str(found.guess) if found else ""


def _played(question: NextLetters, numbers: Any, moves: str) -> GameProgress:
    return replay_guesses(question.letters(numbers), moves, question.symbols(numbers))


def guess_order(question: Order, key: str) -> str | None:
    """Let all be put in order, a press for each; None until none is left."""
    placed = question.places(st.session_state.get(key))
    left = [one for one in question.options if one not in placed]
    st.caption(translated(question.first))
    lines = [
        f"{at}. {escape(translated(question.options[one]))}" for at, one in enumerate(placed, 1)
    ]
    if lines:
        st.markdown("\n".join(lines))
    if left:
        st.caption(_("Press what comes in place {place}.", place=len(placed) + 1))
    with st.container(horizontal=True, gap="small", key=f"{key}-left"):
        for one in left:
            st.button(
                translated(question.options[one]), key=f"{key}-{one}", on_click=_place,
                args=(key, [*placed, one]),
            )  # fmt: skip
        if placed:
            st.button(
                _("Take the last one back"), key=f"{key}-back", type="tertiary",
                icon=":material/undo:", on_click=_place, args=(key, placed[:-1]),
            )  # fmt: skip
    return None if left else JOINT.join(placed)


def _place(key: str, placed: list[str]) -> None:
    st.session_state[key] = JOINT.join(placed)
