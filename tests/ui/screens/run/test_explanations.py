import json
import time
from datetime import datetime

import pytest

from minigpt.jobs import queue
from minigpt.jobs.fairness import QueuePosition
from minigpt.runs.analysis.curves import Crossing
from minigpt.runs.records import Event
from minigpt.runs.status import STALLED_AFTER_SECONDS
from tests.launching import start_nothing
from tests.ui.harness import DONE, chart, links, made_run, plain, said
from ui.messages import escape
from ui.screens.run.explanations import (
    event_rows,
    final_verdict,
    going_on,
    pause_reason,
    queue_place,
    verdict_so_far,
)
from ui.services.runs import snapshot

TRAINING = DONE | {"phase": "training", "step": 10}
LOST = {"outcome": "failed", "reason": "The loss *stopped*.", "field": "training.learning_rate"}


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.explanations import show_explanation
    from ui.services.runs import snapshot
    from ui.services.verdicts import verdict

    ensure_frame()
    run = snapshot(run_id)
    show_explanation(run, {"even guess": 3.9}, verdict(run.summary))


def queued_run(monkeypatch, place):
    start_nothing(monkeypatch)
    run = made_run(steps=(), state=None, end=None)
    queue.enqueue(run)
    monkeypatch.setattr(queue, "positions", lambda _: {run.id: place} if place else {})
    return snapshot(run.id)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (QueuePosition(position=1, seconds=None), "It is the next to start, and begins by itself."),
        (
            QueuePosition(position=3, seconds=None),
            "It is number 3 in the queue, and begins by itself.",
        ),
        (
            QueuePosition(position=2, seconds=80.0),
            "It is number 2 in the queue, in about 1 min 20 s.",
        ),
        (None, "It is the next to start, and begins by itself."),
    ],
)
def test_a_run_that_waits_says_where_it_stands(monkeypatch, place, words):
    assert queue_place(queued_run(monkeypatch, place)).startswith(words)


def test_a_run_that_waits_for_room_says_so(monkeypatch):
    from minigpt.runs import status

    monkeypatch.setattr(status, "shortage", lambda _, host: "The disk is nearly full.")
    run = queued_run(monkeypatch, QueuePosition(position=1, seconds=None))
    assert queue_place(run) == "It waits. The disk is nearly full."


def test_a_paused_run_gives_its_reason():
    on_request = snapshot(made_run(steps=(), state=TRAINING, end={"outcome": "paused"}).id)
    assert pause_reason(on_request).startswith("Somebody paused it at step 10. Resume")
    full = {"outcome": "paused", "reason": "The disk is full."}
    assert pause_reason(snapshot(made_run(steps=(), end=full).id)).startswith(
        "The disk is full. Resume"
    )


def test_a_finished_run_says_what_it_learnt_and_what_comes_next(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert escape("It has beaten even guess since step 10.") in said(at.markdown)
    assert links(at) == {
        "Generate with it": ("generate", f"run={run.id}"),
        "Look inside": ("attention", f"run={run.id}"),
        "Train longer": ("train", f"from={run.id}&at=20&kind=fork"),
    }
    assert not at.exception


def test_a_run_that_failed_offers_other_settings_first(draw):
    run = made_run(steps=(), end={"outcome": "failed", "reason": "The text *changed*."})
    at = draw(show, run_id=run.id)
    assert said(at.error) == [escape("The text *changed*.")]
    assert [(one.label, one.proto.type) for one in at.main.button] == [
        ("Change the settings and try again", "primary")
    ]
    assert not at.get("echarts_chart")
    assert not at.exception


@pytest.mark.parametrize(("last", "scale"), [(5e6, "log"), (0.0, "value")])
def test_a_run_whose_loss_was_lost_shows_its_gradient(draw, last, scale):
    run = made_run(steps=(), end=LOST)
    rows = [(1, 2.0), (2, 3.0), (3, last)]
    run.metrics.write_text(
        "".join(
            json.dumps({"step": step, "train_loss": 4.0, "gradient_norm": norm}) + "\n"
            for step, norm in rows
        ),
        "utf-8",
    )
    spec = chart(draw(show, run_id=run.id), f"diverged-{run.id}")
    assert spec["yAxis"]["type"] == scale
    assert spec["xAxis"]["max"] == 3
    assert spec["series"][0]["data"] == [
        [step, norm] for step, norm in rows if norm or scale == "value"
    ]


def test_a_run_that_broke_at_once_has_no_gradient_to_show(draw):
    at = draw(show, run_id=made_run(steps=(), end=LOST).id)
    assert not at.get("echarts_chart")
    assert not at.exception


def test_a_killed_run_says_what_is_left_of_it(draw):
    at = draw(show, run_id=made_run(state=TRAINING, end=None).id)
    assert "up to step 10" in plain(at.warning[0].value)
    assert "Generate with it" in links(at)
    assert "Train longer" not in links(at)
    assert not at.exception


def test_a_stalled_run_is_told_apart_from_a_dead_one(draw):
    silent = time.time() - STALLED_AFTER_SECONDS - 5
    run = made_run(state=TRAINING | {"heartbeat": silent}, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    assert "has not reported" in at.warning[0].value
    assert not links(at)
    assert not at.exception


def test_a_run_that_trains_needs_no_explanation(draw):
    run = made_run(state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    assert not [*at.info, *at.warning, *at.error]
    assert not links(at)
    assert not at.exception


def test_the_address_of_a_new_run_names_where_it_begins():
    run = snapshot(made_run(steps=()).id)
    assert going_on(run, 8, kind="fine_tune") == {
        "from": run.summary.id, "at": "8", "kind": "fine_tune",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ({}, None),
        ({"pairs": 2.0}, None),
        ({"even guess": 3.9, "letters": 2.9}, "It has beaten letters since step 20."),
        ({"even guess": 3.9}, "It has beaten even guess since step 10."),
        (
            {"even guess": 3.9, "pairs": 2.0, "triples": 1.8},
            "It has beaten even guess since step 10, but not pairs (2.0000).",
        ),
        (
            {"even guess": 3.9, "pairs": 2.51, "triples": 1.8},
            "It has beaten even guess since step 10, and is as good as pairs (2.5100): they "
            "are closer than two runs that differ in their seed alone may be.",
        ),
        (
            {"even guess": 3.9, "pairs": 2.49, "triples": 1.8},
            "It has beaten even guess since step 10, and is as good as pairs (2.4900): they "
            "are closer than two runs that differ in their seed alone may be.",
        ),
    ],
)
def test_the_verdict_names_the_strongest_guesser_beaten_and_since_when(references, words):
    assert final_verdict(snapshot(made_run(steps=()).id), references) == words


def test_the_verdict_does_without_the_step_where_the_curve_is_lost():
    run = made_run(steps=())
    run.metrics.unlink()
    assert final_verdict(snapshot(run.id), {"even guess": 3.9}) == "It beats even guess."


def test_the_verdict_of_a_run_that_was_never_judged():
    run = made_run(steps=(), state=DONE | {"best_validation_loss": None})
    assert final_verdict(snapshot(run.id), {"even guess": 3.9}) is None


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ({}, None),
        ({"pairs": 2.0}, None),
        ({"even guess": 3.9, "letters": 2.9}, "beats letters (step 20)"),
        ({"even guess": 3.9}, "beats even guess (step 10)"),
    ],
)
def test_the_verdict_so_far_is_the_guesser_beaten_last(references, words):
    assert verdict_so_far(snapshot(made_run(steps=()).id), references) == words


def test_while_it_trains_the_verdict_so_far_is_of_now():
    run = made_run(steps=(), state=DONE | {"phase": "training"}, end=None)
    with run.lock():
        assert verdict_so_far(snapshot(run.id), {"pairs": 3.9}) == "now beats pairs (step 10)"


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ({}, "best 2.5000 (step 20)"),
        ({"pairs": 3.0}, "best 2.5000 (step 20)"),
        ({"pairs": 3.0, "even guess": 3.9}, "beats even guess (step 10)"),
    ],
)
def test_what_a_risen_loss_no_longer_beats_is_not_said_to_be_beaten(references, words):
    run = made_run(steps=())
    with run.metrics.open("a", encoding="utf-8") as file:
        file.write('{"step": 30, "train_loss": 0.5, "validation_loss": 3.5}\n')
    assert verdict_so_far(snapshot(run.id), references) == words


EARLY, LATE = (
    Crossing(name="pairs", value=2.5, step=120),
    Crossing(name="triples", value=2.0, step=900),
)


def told(events, found):
    return [
        (row["step"], row["event"])
        for row in event_rows([Event.from_json(event) for event in events], found)
    ]


def test_crossings_stand_among_the_events_in_the_order_of_their_steps():
    events = [
        {"at": 1.0, "text": "Training began", "step": 0},
        {"at": 2.0, "text": "A note"},
        {"at": 3.0, "text": "Saved on request", "step": 500},
    ]
    assert told(events, [LATE, EARLY]) == [
        ("0", "Training began"),
        ("", "A note"),
        ("120", "Beats pairs: validation loss below 2.5000"),
        ("500", "Saved on request"),
        ("900", "Beats triples: validation loss below 2.0000"),
    ]


def test_a_crossing_is_timed_from_the_last_event_by_the_seconds_of_training():
    events = [
        Event(at=1000.0, text="Training began", step=0),
        Event(at=5000.0, text="Resumed", step=100),
    ]
    seconds = [(0, 1.0), (100, 11.0), (120, 14.0), (900, 71.0)]
    rows = event_rows(events, [LATE, EARLY], seconds)
    clock = [datetime.fromtimestamp(at).strftime("%H:%M:%S") for at in (1000, 5000, 5003, 5060)]
    assert [row["time"] for row in rows] == clock


def test_a_beginning_without_a_step_is_that_of_the_first_step_that_was_noted():
    fork = [Event(at=1000.0, text="Training began")]
    [_, row] = event_rows(fork, [EARLY], [(100, 60.0), (110, 62.0), (120, 64.0)])
    assert row["time"] == datetime.fromtimestamp(1004).strftime("%H:%M:%S")


def test_what_a_run_begins_with_comes_before_what_it_learns():
    at_once = Crossing(name="even guess", value=4.0, step=0)
    assert told([{"at": 1.0, "text": "Training began", "step": 0}], [at_once])[0] == (
        "0", "Training began",
    )  # fmt: skip


def test_an_event_without_a_sensible_time_is_told_without_one():
    rows = event_rows([Event(text="a"), Event(at=1e14, text="b")], [])
    assert [row["time"] for row in rows] == ["", ""]
    assert len(event_rows([Event(at=60.0, text="a")], [])[0]["time"]) == len("00:00:00")


def test_where_nothing_happened_nothing_is_told():
    assert event_rows([], []) == []
