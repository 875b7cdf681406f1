import time

import pytest

from tests.ui.harness import DONE, made_run
from ui.services.runs import snapshot

TRAINING = DONE | {"phase": "training", "step": 10}
LOST = {"outcome": "failed", "reason": "No number.", "field": "training.learning_rate"}


def live_run(**control):
    run = made_run(steps=(), state=TRAINING, end=None)
    run.write("launch", {"at": time.time() - 10})
    if control:
        run.write("control", {"at": time.time(), **control})
    return run


@pytest.mark.parametrize(
    ("control", "asked"),
    [
        ({}, None),
        ({"stop": True}, "stop"),
        ({"pause": True}, "pause"),
        ({"stop": True, "pause": True}, "stop"),
        ({"stop": "yes"}, None),
        ({"save": 3}, None),
    ],
)
def test_what_was_asked_of_a_worker_is_known_until_it_is_done(control, asked):
    run = live_run(**control)
    with run.lock():
        assert snapshot(run.id).asked == asked


def test_what_was_asked_of_an_earlier_worker_does_not_count():
    run = live_run(stop=True)
    run.write("launch", {"at": time.time() + 5})
    with run.lock():
        assert snapshot(run.id).asked is None


def test_a_run_that_has_ended_is_not_stopping():
    run = live_run(stop=True)
    run.write("exit", {"outcome": "stopped", "at": time.time() + 1})
    assert snapshot(run.id).asked is None


def test_the_plan_is_what_the_worker_worked_out():
    assert snapshot(made_run(steps=(), state=DONE | {"steps": 7}).id).steps == 7
    assert snapshot(made_run(steps=(), state=None, end=None).id).steps == 20


@pytest.mark.parametrize(
    ("state", "end", "has_diverged"),
    [
        (DONE, LOST, True),
        (DONE, {"outcome": "finished"}, False),
        (DONE, LOST | {"field": None}, False),
        (None, LOST, False),
    ],
)
def test_a_run_has_diverged_if_its_loss_was_lost_while_it_trained(state, end, has_diverged):
    assert snapshot(made_run(steps=(), state=state, end=end).id).has_diverged is has_diverged
