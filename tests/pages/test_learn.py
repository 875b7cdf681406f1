import shutil
from html import escape
from io import BytesIO

import pytest
import streamlit as st

from minigpt.corpora import CORPORA
from minigpt.lessons.handed_in import MOST_REPORTS, report_tag
from minigpt.models import LADDER
from minigpt.runs.store import RunStore
from tests.ui.harness import bring_demos, bring_ladder, plain, said
from ui.screens.learn.lessons import LESSONS
from ui.screens.learn.moving import text_at_hand
from ui.screens.learn.report import report
from ui.services.models import kept_steps
from ui.services.runs import list_runs
from ui.session.answers import Answer

LINES = "The lines that compute it"
PLACES = [(lesson.name, step.name) for lesson in LESSONS.values() for step in lesson.steps]


@pytest.fixture(autouse=True)
def _demos():
    bring_demos()
    bring_ladder(text_at_hand())


def press(at, label):
    return next(button for button in at.button if button.label == label).click().run()


def shown(at):
    return " ".join(element.proto.body for element in at.get("html"))


def labels(at):
    return [button.label for button in at.button]


def test_the_contents_name_every_lesson_and_what_one_can_do_after_it(visit):
    at = visit("learn")
    words = " ".join(said(at.markdown))
    for number, lesson in enumerate(LESSONS.values(), start=1):
        assert f"**{number}. {lesson.title}**" in words.replace("\\", "")
    assert labels(at).count("Begin") == len(LESSONS)
    assert not at.get("download_button")
    assert not at.exception


@pytest.mark.parametrize(("lesson", "step"), PLACES, ids=[f"{a}-{b}" for a, b in PLACES])
def test_a_step_asks_first_and_shows_then(visit, lesson, step):
    at = visit("learn", lesson=lesson, part=step)
    assert not at.exception
    assert "Show what happens" in labels(at)
    assert "What came out" not in " ".join(said(at.markdown))
    assert LINES not in [fold.label for fold in at.expander]
    at.session_state[f"lines-of-{step}"] = True  # opened
    at = press(at, "Show it without a guess")
    assert not at.exception
    assert "What came out" in " ".join(said(at.markdown))
    [lines] = [fold for fold in at.expander if fold.label == LINES]
    assert lines.code[0].language == "python"
    assert "your guess" not in shown(at)
    assert not at.error


def test_a_guess_and_what_came_out_are_shown_together_and_kept(visit):
    at = visit("learn", lesson="tokens", part="encode")
    at.slider[0].set_value(8).run()
    at = press(at, "Show what happens")
    assert "your guess: 8 different ids" in shown(at)
    assert "what came out: 6 different ids" in shown(at)
    why = next(box for box in at.text_input if box.label.startswith("Why?"))
    why.set_value("three letters come twice").run()
    at = press(at, "All lessons")
    assert "1 of 6 steps done" in said(at.caption)
    assert at.get("download_button")
    assert not at.exception


def test_a_reason_is_there_again_for_who_comes_back(visit):
    at = press(visit("learn", lesson="tokens", part="encode"), "Show it without a guess")
    why = next(box for box in at.text_input if box.label.startswith("Why?"))
    at = press(why.set_value("three letters come twice").run(), "Next step")
    assert at.query_params["part"] == "decode"
    at = press(at, "Text to ids")
    why = next(box for box in at.text_input if box.label.startswith("Why?"))
    assert why.value == "three letters come twice"
    assert at.query_params == {"lesson": "tokens", "part": "encode"}


def test_a_choice_has_to_be_made_before_it_can_be_shown(visit):
    at = visit("learn", lesson="tokens", part="decode")
    button = next(one for one in at.button if one.label == "Show what happens")
    assert button.disabled
    at = at.button_group[0].set_value("cab").run()
    at = press(at, "Show what happens")
    assert "cab <em>your guess</em>" in shown(at)
    assert "abc <em>what came out</em>" in shown(at)


def test_next_leads_through_the_lesson_and_back_to_the_list(visit):
    at = visit("learn", lesson="tokens")
    for _ in LESSONS["tokens"].steps[:-1]:
        at = press(press(at, "Show it without a guess"), "Next step")
    at = press(at, "Show it without a guess")
    assert "Next step" not in labels(at)
    at = press(at, "All lessons")
    assert "Look at it again" in labels(at)


def test_guessing_again_begins_the_step_anew(visit):
    at = press(visit("learn", lesson="tokens", part="encode"), "Show it without a guess")
    at = press(at, "Guess again")
    assert "Show what happens" in labels(at)


def test_what_is_moved_is_computed_and_stays(visit):
    at = press(visit("learn", lesson="tokens", part="encode"), "Show it without a guess")
    box = next(one for one in at.text_input if one.label == "Encode something else")
    at = box.set_value("sea<b>é").run()
    assert "<small>57</small>" in shown(at)
    assert "<b>é</b>" not in shown(at)
    assert "does not have it" in " ".join(said(at.markdown))
    at = press(press(at, "All lessons"), "Go on")
    at = press(at, "Text to ids")
    assert next(one for one in at.text_input if one.label == "Encode something else").value == (
        "sea<b>é"
    )


def test_an_unknown_lesson_is_the_list_and_an_unknown_step_the_first(visit):
    assert said(visit("learn", lesson="nothing").title) == ["Learn"]
    at = visit("learn", lesson="tokens", part="nothing")
    assert "The alphabet" in said(at.subheader)


def test_without_the_text_a_lesson_takes_what_is_there(visit, monkeypatch, offline):
    monkeypatch.setitem(
        CORPORA, "python-docs", CORPORA["sentences"].__class__(
            name="python-docs", title="Docs", description="", read=lambda: "a b c\n" * 100
        ),
    )  # fmt: skip
    at = press(visit("learn", lesson="tokens", part="alphabet"), "Show it without a guess")
    assert "uses only 5 different" in " ".join(said(at.markdown)).replace("\\", "")
    assert not at.exception


def test_the_report_holds_guesses_reasons_figures_and_lines():
    kept = {
        "tokens/encode": Answer(guess=8.0, why="<b>because</b>", scene={"text": "hii"}),
        "tokens/decode": Answer(guess=None),
    }
    page = report(kept, "en")
    assert page.startswith("<!doctype html>")
    assert "size: A4" in page
    assert "your guess: 8 different ids" in page
    assert "&lt;b&gt;because&lt;/b&gt;" in page
    assert "46, 47, 47" in page
    assert "2 steps, guessed before they were shown: 1." in page
    assert "MiniGPT 0." in page or "MiniGPT 1." in page
    for outside in ("<script", "http://", "https://"):
        assert outside not in page


def test_every_lesson_can_be_reported():
    kept = {f"{lesson}/{step}": Answer(guess=None) for lesson, step in PLACES}
    page = report(kept, "en")
    for lesson in LESSONS.values():
        assert f"<h2>{escape(lesson.title)}</h2>" in page


def test_without_the_demo_run_its_lesson_says_what_is_missing(visit):
    shutil.rmtree(RunStore.default().root / "demo-copying")
    at = visit("learn", lesson="birth", part="where")
    assert "demo-copying" in plain(at.error[0].value)
    assert not at.exception


def test_a_moment_of_a_training_is_chosen_by_its_step(visit):
    at = press(visit("learn", lesson="birth", part="where"), "Show it without a guess")
    knob = next(one for one in at.select_slider if one.label == "The model at step")
    first, *_middle, last = map(str, kept_steps("demo-copying"))
    assert (knob.options[0], knob.options[-1], knob.value) == (first, last, last)
    assert f"At step {last} it gives" in " ".join(said(at.markdown))
    at = knob.set_value(first).run()
    assert f"At step {first} it gives" in " ".join(said(at.markdown))
    assert not at.exception


def test_a_moment_that_the_run_has_not_kept_is_the_last_one(visit):
    at = visit("learn")
    at.session_state["learn-birth-where-moment"] = "7"
    at.query_params.update({"lesson": "birth", "part": "where"})
    at = press(at.run(), "Show it without a guess")
    last = kept_steps("demo-copying")[-1]
    assert f"At step {last} it gives" in " ".join(said(at.markdown))
    assert not at.exception


def test_after_the_last_step_the_next_lesson_begins(visit):
    first, second = list(LESSONS.values())[:2]
    at = visit("learn", lesson=first.name, part=first.steps[-1].name)
    at = press(press(at, "Show it without a guess"), f"Next lesson: {second.title}")
    assert at.query_params == {"lesson": second.name}
    assert "Show what happens" in labels(at)


def test_letters_are_guessed_until_they_are_right_and_the_game_is_there_again(visit):
    at = press(visit("learn", lesson="shannon", part="play"), "Give this letter up")
    assert "1 of 20 letters" in " ".join(said(at.caption))
    assert "it counts as" in " ".join(said(at.markdown))
    assert not at.slider  # another passage would be another game
    for _ in range(4):
        at = press(at, "Give this letter up")
    at = press(at, "All lessons").button(key="open-shannon").click().run()
    at = press(at, "Show what happens")
    words = " ".join(said(at.markdown))
    assert "Of 5 letters you found 0 at the first guess" in words
    assert "<small>20</small>" in shown(at)
    assert not at.exception
    at = press(at, "Guess again")
    assert "0 of 20 letters" in " ".join(said(at.caption))
    assert at.slider


def test_another_passage_is_another_text(visit):
    at = visit("learn", lesson="shannon", part="play")
    before = shown(at)
    at = press(at.slider[0].set_value(3).run(), "Show it without a guess")
    assert "Petruchio" not in before
    assert "P</b>" in shown(at)
    assert "your number" not in shown(at).lower()


def test_the_ladder_is_trained_by_one_press_and_followed(visit, launched, monkeypatch):
    shutil.rmtree(RunStore.default().root)
    list_runs.clear()
    monkeypatch.setenv("MINIGPT_QUEUED_PER_OWNER", "3")
    at = visit("learn", lesson="ladder", part="climb")
    assert next(one for one in at.button if one.label.startswith("Train them and")).disabled
    for rung in reversed(LADDER.values()):
        at = press(at, rung.title)
    at = press(at, "Train them and show what happens")
    assert not at.exception
    assert "What came out" not in " ".join(said(at.markdown))
    climb = next(one for one in at.button if one.key == "step-ladder-climb")
    assert "check" not in climb.proto.icon  # nothing is trained yet
    assert "runs could not be started. You have 3 runs waiting" in plain(at.warning[0].value)
    assert len(RunStore.default().all()) == 4
    at = press(at, "Stop all that I started")
    assert not at.exception
    assert "Train the 6 missing ones" in labels(at) or "Train the 5 missing ones" in labels(at)


def test_the_question_is_asked_before_and_again_after_a_lesson(visit):
    at = visit("learn")
    at.text_area[0].set_value("It is broken").run()
    at = press(at, "Keep my answer")
    assert not at.text_area  # nothing to compare with yet
    assert at.get("download_button")
    shortest = min(LESSONS.values(), key=lambda lesson: len(lesson.steps))
    at = at.button(key=f"open-{shortest.name}").click().run()
    for step in shortest.steps:
        at = press(press(at, step.title), "Show it without a guess")
    at = press(at, "All lessons")
    at.text_area[0].set_value("It knows only what it has read").run()
    at = press(at, "Keep my answer")
    words = said(at.markdown)
    assert "It is broken" in words
    assert "It knows only what it has read" in words
    at = press(at, "Answer it anew")
    assert at.text_area
    assert not at.exception


def test_reports_that_a_table_has_no_room_for_are_counted(visit, monkeypatch):
    page = report_tag("before", "=after", []).encode()
    files = [BytesIO(page) for _ in range(MOST_REPORTS + 3)]
    for number, file in enumerate(files):
        file.name = f"{number}.html"
    monkeypatch.setattr(st, "file_uploader", lambda *_arguments, **_named: files)
    at = visit("learn")
    assert any("3 files are left out" in warning for warning in said(at.warning))
    assert len(at.dataframe[0].value) == MOST_REPORTS


def test_who_has_seen_lessons_already_is_not_asked_for_before(visit):
    at = press(visit("learn", lesson="tokens", part="decode"), "Show it without a guess")
    at = press(at, "All lessons")
    assert "First a question" not in " ".join(said(at.markdown))
