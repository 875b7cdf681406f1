import time

import pytest

from minigpt.runs.status import STALLED_AFTER_SECONDS
from tests.ui.harness import DONE, ROWS, chart, links, made_run, plain, said
from ui.messages import escape
from ui.run_monitor import lesson
from ui.services import entropy_lines, snapshot

TRAINING = DONE | {"phase": "training", "step": 10}


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.run_monitor import draw_run

    ensure_frame()
    draw_run(run_id)


def button(at, label):
    return [button for button in at.button if button.label == label]


def test_a_finished_run_shows_curve_words_and_what_to_do_next(draw):
    run = made_run(name="Sea *and* road")
    at = draw(show, run_id=run.id)
    assert said(at.title) == [escape("Sea *and* road")]
    spec = chart(at, f"loss-{run.id}")
    training, validation = spec["series"]
    assert training["data"] == [[row["step"], row["train_loss"]] for row in ROWS]
    assert validation["data"] == [[0, 4.0], [10, 3.0], [20, 2.5]]
    lines = {line["name"]: line["yAxis"] for line in validation["markLine"]["data"]}
    assert lines == entropy_lines(snapshot(run.id))
    assert at.code[0].value == "the <b>sea</b> *of* $x$"
    assert links(at) == {
        "Generate with it": ("generate", f"run={run.id}"),
        "Look inside": ("attention", f"run={run.id}"),
    }
    assert not button(at, "Stop")
    assert not at.exception


def test_a_chart_says_in_words_what_it_shows(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    words = at.get_by_key(f"loss-{run.id}").proto.alt
    assert "step 20" in words
    assert "2.5000" in words
    assert not at.exception


def test_a_running_run_can_be_stopped_once(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
        button(at, "Stop")[0].click().run()
        assert run.read("control")["stop"] is True
        assert said(at.toast) == ["Asked the run to stop."]
        at.run()
        assert not button(at, "Stop")
        assert "Stopping after this step …" in said(at.caption)
    assert not at.exception


def test_a_run_that_has_just_been_started_waits_calmly(draw):
    run = made_run(steps=(), state=None, end=None)
    at = draw(show, run_id=run.id)
    assert len(at.get("skeleton")) == 1
    assert not at.get("echarts_chart")
    assert "The model's first words appear here." in said(at.caption)
    assert button(at, "Stop")
    assert not at.exception


def test_a_failed_run_gives_its_reason_literally(draw):
    reason = "The text *changed* on <disk>."
    run = made_run(end={"outcome": "failed", "reason": reason})
    at = draw(show, run_id=run.id)
    assert said(at.error) == [escape(reason)]
    assert not at.exception


def test_a_run_whose_worker_could_not_start_gives_its_reason(draw):
    run = made_run(steps=(), state=None, end=None)
    run.write("launch", {"at": time.time(), "exit_code": 127, "error": "No memory left."})
    at = draw(show, run_id=run.id)
    assert [plain(words) for words in said(at.error)] == ["No memory left."]
    assert not at.exception


def test_a_killed_run_says_so_and_what_is_left_of_it(draw):
    run = made_run(state=TRAINING, end=None)
    at = draw(show, run_id=run.id)
    words = plain(at.warning[0].value)
    assert "without a word" in words
    assert "up to step 10" in words
    assert "Generate with it" in links(at)
    assert not at.exception


def test_a_stalled_run_is_told_apart_from_a_dead_one(draw):
    silent = time.time() - STALLED_AFTER_SECONDS - 5
    run = made_run(state=TRAINING | {"heartbeat": silent}, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    assert "has not reported" in at.warning[0].value
    assert button(at, "Stop")
    assert not at.exception


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ({}, "Best validation loss 2.5000."),
        ({"pairs": 2.0}, "Best validation loss 2.5000."),
        ({"even guess": 3.9, "letters": 2.9}, "It beats letters since step 20."),
        ({"even guess": 3.9}, "It beats even guess since step 10."),
    ],
)
def test_the_lesson_names_the_strongest_guesser_beaten_and_since_when(references, words):
    assert lesson(snapshot(made_run(steps=()).id), references) == words


def test_the_lesson_does_without_the_step_where_the_curve_is_lost():
    run = made_run(steps=())
    run.metrics.unlink()
    assert lesson(snapshot(run.id), {"even guess": 3.9}) == "It beats even guess."


def test_the_lesson_of_a_run_that_was_never_judged():
    run = made_run(steps=(), state=DONE | {"best_validation_loss": None})
    assert lesson(snapshot(run.id), {"even guess": 3.9}) == "Best validation loss –."
