import io
import time
import zipfile

import pytest

from minigpt.errors import RunError
from minigpt.jobs import queue
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.launching import FakeLauncher, install, start_nothing
from tests.ui.harness import DONE, links, made_run, plain, said
from ui.screens.run.controls import archive, folded_away, in_sight, what_is_lost
from ui.services.runs import snapshot

TRAINING = DONE | {"phase": "training", "step": 10}
LOST = {"outcome": "failed", "reason": "No number.", "field": "training.learning_rate"}


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.controls import show_controls
    from ui.services.runs import snapshot

    ensure_frame()
    show_controls(snapshot(run_id))


def button(at, label):
    return [button for button in at.main.button if button.label == label]


def labels(at):
    return [button.label for button in at.main.button]


@pytest.fixture
def launched(monkeypatch):
    """The runs that would have been started."""
    return install(monkeypatch, FakeLauncher())


def test_a_run_in_training_can_be_paused_and_stopped(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    assert labels(at) == ["Pause", "Stop", "Write a sample now", "Save now"]
    assert not at.exception


@pytest.mark.parametrize(
    ("label", "wish", "words"),
    [
        ("Stop", {"stop": True}, "Asked the run to stop."),
        ("Pause", {"pause": True}, "Asked the run to pause."),
        ("Save now", {"save": 1}, "Asked the run to save."),
        ("Write a sample now", {"sample": 1}, "Asked the run for a sample."),
    ],
)
def test_each_button_asks_the_worker_for_one_thing(draw, label, wish, words):
    run = made_run(steps=(), state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
        button(at, label)[0].click().run()
    control = run.read("control")
    assert {name: control[name] for name in wish} == wish
    assert words in said(at.toast)
    assert not at.exception


def test_a_request_to_stop_is_shown_and_cannot_be_made_twice(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    run.write("control", {"stop": True, "at": time.time()})
    with run.lock():
        at = draw(show, run_id=run.id)
        assert said(at.main.caption) == ["Stopping after this step …"]
        assert labels(at) == []
        assert snapshot(run.id).status is Status.RUNNING
    assert not at.exception


def test_who_asked_for_a_pause_can_still_stop(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    run.write("control", {"pause": True, "at": time.time()})
    with run.lock():
        at = draw(show, run_id=run.id)
    assert said(at.main.caption) == ["Pausing after this step …"]
    assert labels(at) == ["Stop"]
    assert not at.exception


def test_a_run_that_was_killed_is_taken_up_again(draw, launched):
    run = made_run(state=TRAINING, end=None)
    at = draw(show, run_id=run.id)
    assert labels(at) == ["Resume", "Delete …"]
    assert button(at, "Resume")[0].proto.type == "primary"
    button(at, "Resume")[0].click().run()
    assert launched.ids == [run.id]
    assert not at.exception


def test_a_run_that_waits_can_be_taken_out_of_the_queue(draw, monkeypatch):
    start_nothing(monkeypatch)
    run = made_run(steps=(), state=None, end=None)
    queue.enqueue(run)
    at = draw(show, run_id=run.id)
    assert labels(at) == ["Cancel"]
    button(at, "Cancel")[0].click().run()
    assert status_of(run) is Status.STOPPED
    assert not at.exception


def test_what_comes_too_late_is_told_and_breaks_nothing(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    run.write("exit", {"outcome": "finished", "at": time.time() + 1})
    button(at, "Pause")[0].click().run()
    assert "cannot be paused" in plain(at.error[0].value)
    assert not at.exception


def test_a_finished_run_offers_only_what_makes_sense(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert labels(at) == ["Delete …"]
    assert links(at) == {"Train another like it": ("train", f"like={run.id}")}
    assert [one.label for one in at.get("download_button")] == ["Download the run"]
    assert not at.exception


def test_to_resume_what_diverged_is_folded_away():
    run = snapshot(made_run(steps=(), end=LOST).id)
    assert in_sight(run) == []
    assert folded_away(run) == ["resume"]


@pytest.mark.parametrize("outcome", ["paused", "stopped", "failed"])
def test_to_resume_what_ended_early_is_in_sight(outcome):
    run = snapshot(made_run(steps=(), end={"outcome": outcome}).id)
    assert in_sight(run) == ["resume"]
    assert folded_away(run) == []


def test_deleting_asks_first_and_names_what_will_be_lost(draw):
    run = made_run(name="*Sea*")
    at = draw(show, run_id=run.id)
    button(at, "Delete …")[0].click().run()
    words = plain(at.markdown[-1].value)
    learnt = "***Sea*** goes with all that it learnt up to step 20: its 2 checkpoints, its curves"
    assert words.startswith(learnt)
    assert "Delete it for good" in [one.label for one in at.button]
    assert run.exists
    assert not at.exception


def test_a_single_moment_is_counted_as_one():
    assert "its 1 checkpoint, " in what_is_lost(snapshot(made_run(steps=(20,)).id))


def test_the_archive_holds_the_run():
    run = made_run()
    with zipfile.ZipFile(io.BytesIO(archive(run.id))) as file:
        assert any(name.endswith("config.json") for name in file.namelist())
        assert any(name.endswith(".safetensors") for name in file.namelist())


def test_a_run_that_is_gone_has_no_archive():
    run = made_run(steps=())
    RunStore.default().delete(run.id)
    with pytest.raises(RunError):
        archive(run.id)
