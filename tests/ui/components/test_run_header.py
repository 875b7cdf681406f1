import pytest

from minigpt.runs.status import Status
from tests.ui.harness import DONE, made_run, said, tiny_config
from ui.components.run_header import progress_text, run_subtitle
from ui.services.runs import snapshot


def test_a_finished_run_says_how_long_it_took():
    assert progress_text(snapshot(made_run(steps=()).id)) == "Step 20 of 20 · took 2 s"


@pytest.mark.parametrize(
    ("epochs", "text", "words"),
    [
        (10, 800, "Step 20 of 20 · text read 2.4 of at most 10 times · took 2 s"),
        (2.35, 800, "Step 20 of 20 · text read 2.4 times, 2.35 to the nearest step · took 2 s"),
        (0, 800, "Step 20 of 20 · took 2 s"),
        (10, None, "Step 20 of 20 · took 2 s"),
    ],
)
def test_where_passes_end_a_run_it_says_how_many_there_were(epochs, text, words):
    config = tiny_config(training__epochs=epochs)
    run = made_run(steps=(), config=config, state=DONE | {"training_tokens": text})
    run.append("metrics", {"step": 20, "train_loss": 2.0, "tokens": 1920})
    assert progress_text(snapshot(run.id)) == words


def test_a_running_run_says_how_fast_it_is_and_how_long_it_will_take():
    run = made_run(steps=(), state=DONE | {"phase": "training", "step": 5, "seconds": 30}, end=None)
    with run.lock():
        words = progress_text(snapshot(run.id))
    # 5 steps of 4 x 16 tokens in 30 seconds; the worker notes the pace of the last seconds.
    assert words == "Step 5 of 20 · 10.7 tokens per second, now 1,000 · about 1 min 30 s left"


def test_at_first_the_pace_of_the_moment_tells_how_long_it_will_take():
    early = {"phase": "training", "step": 1, "steps": 20, "seconds": 20.0, "tokens_per_second": 64}
    run = made_run(steps=(), state=early, end=None)
    with run.lock():
        words = progress_text(snapshot(run.id))
    assert words == "Step 1 of 20 · 3.2 tokens per second, now 64 · about 19 s left"


def test_a_run_that_has_not_begun_says_only_where_it_is():
    run = made_run(steps=(), state=None, end=None)
    assert progress_text(snapshot(run.id)) == "Step 0 of 20"


def test_a_run_at_its_first_step_is_not_said_to_have_taken_any_time():
    run = made_run(steps=(), state=DONE | {"phase": "training", "step": 0}, end=None)
    with run.lock():
        assert progress_text(snapshot(run.id)) == "Step 0 of 20"


def test_the_subtitle_says_what_it_is():
    assert run_subtitle(snapshot(made_run(steps=()).id)) == (
        "GPT with 7,000 parameters, on Tiny Shakespeare"
    )
    unknown_size = made_run(steps=(), state=None)
    assert run_subtitle(snapshot(unknown_size.id)) == "GPT, on Tiny Shakespeare"


def show_progress(run_id):
    from ui.components.run_header import show_progress
    from ui.services.runs import snapshot

    show_progress(snapshot(run_id))


@pytest.mark.parametrize(("step", "percent"), [(5, 25), (20, 100), (30, 100)])
def test_the_bar_is_as_full_as_the_training_is_far(draw, step, percent):
    run = made_run(steps=(), state=DONE | {"step": step})
    at = draw(show_progress, run_id=run.id)
    assert at.get("progress")[0].proto.value == percent
    assert not at.exception


def show_badges():
    from minigpt.runs.status import Status
    from ui.components.run_header import status_badge

    for status in Status:
        status_badge(status)


def test_every_status_has_a_badge_with_its_word(draw):
    at = draw(show_badges)
    for words, status in zip(said(at.markdown), Status, strict=True):
        assert f" {status}]" in words
    assert not at.exception
