import pytest

from minigpt.runs.analysis.curves import Crossing
from minigpt.runs.records import Event
from tests.ui.harness import DONE, made_run
from ui.screens.run.explanations import final_verdict, happenings, verdict_so_far
from ui.services.runs import snapshot


@pytest.mark.parametrize(
    ("references", "words"),
    [
        ({}, "Best validation loss 2.5000."),
        ({"pairs": 2.0}, "Best validation loss 2.5000."),
        ({"even guess": 3.9, "letters": 2.9}, "It beats letters since step 20."),
        ({"even guess": 3.9}, "It beats even guess since step 10."),
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
    assert final_verdict(snapshot(run.id), {"even guess": 3.9}) == "Best validation loss –."


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
        for row in happenings([Event.from_json(event) for event in events], found)
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


def test_an_event_without_a_sensible_time_is_told_without_one():
    rows = happenings([Event(text="a"), Event(at=1e14, text="b")], [])
    assert [row["time"] for row in rows] == ["", ""]
    assert len(happenings([Event(at=60.0, text="a")], [])[0]["time"]) == len("00:00:00")


def test_where_nothing_happened_nothing_is_told():
    assert happenings([], []) == []
