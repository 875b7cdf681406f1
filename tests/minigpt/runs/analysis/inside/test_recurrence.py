import json

from minigpt.runs.analysis.inside.growth import GrownHead, Growth
from minigpt.runs.analysis.inside.head_history import Birth
from minigpt.runs.analysis.inside.recurrence import (
    BirthSteps,
    growths_as_json,
    growths_as_table,
    median_birth,
    recurrences,
)


def grown(step, *, before=0, head=(0, 0), deed=None, is_from_frames=False):
    return GrownHead(
        head=head, share=0.8, chance=0.1, looks=Birth(before=before, step=step),
        is_from_frames=is_from_frames, deed=deed, effect=0.5, half_width=0.1,
    )  # fmt: skip


def of(run, **kinds):
    return Growth(run=run, steps=(0, 100, 200), grown=kinds)


RUNS = [
    of(
        "a",
        previous=grown(100, before=60, head=(1, 2), deed=Birth(before=100, step=200)),
        copied=grown(200, is_from_frames=True),
    ),
    of("b", previous=grown(200, before=100, head=(0, 3))),
    of("c"),
]


def test_kinds_are_counted_over_runs_wherever_the_head_sits():
    found = recurrences(RUNS)
    assert list(found) == ["previous", "copied"]  # the most frequent first
    previous, copied = found["previous"], found["copied"]
    assert (previous.grown, previous.runs, previous.proven) == (2, 3, 1)
    assert previous.looks == BirthSteps(low=80.0, high=150.0, spread=49.49747468305833)
    assert previous.deed == BirthSteps(low=100.0, high=200.0, spread=None)
    assert (previous.from_frames, copied.from_frames) == (0, 1)
    assert (copied.grown, copied.deed) == (1, None)


def test_the_median_is_not_moved_by_one_that_came_late():
    births = [Birth(before=90, step=100), Birth(before=100, step=110), Birth(before=900, step=990)]
    found = median_birth(births)
    assert (found.low, found.high) == (100, 110)
    assert (
        median_birth([Birth(before=40, step=90)] * 3).spread is None
    )  # all between the same looks
    assert median_birth([Birth(before=None, step=0)]) == BirthSteps(low=0.0, high=0.0, spread=None)


def test_what_no_run_grew_is_not_listed():
    assert recurrences([of("a"), of("b")]) == {}
    assert "-" in growths_as_table([of("a")])


def test_a_table_says_how_often_and_which_head():
    lines = growths_as_table(RUNS).splitlines()
    assert lines[1].split() == ["previous", "2/3", "80-150", "±", "49", "1", "100-200"]
    [first] = [line for line in lines if "2.3" in line and "previous" in line]
    assert first.endswith("looks 60-100 (kept steps), proven 100-200")
    [copied] = [line for line in lines if line.startswith("  1.1")]
    assert copied.endswith("looks 0-200 (frames), proven -")


def test_json_has_every_run_and_kind():
    told = json.loads(json.dumps(growths_as_json(RUNS, differ_in=["model.width"])))
    assert [one["run"] for one in told["runs"]] == ["a", "b", "c"]
    head = told["runs"][0]["heads"]["previous"]
    assert head["layer"] == 2
    assert (head["looks_between"], head["proven_between"]) == ([60, 100], [100, 200])
    assert told["runs"][0]["heads"]["copied"]["proven"] is False
    assert told["kinds"]["previous"]["looks"]["median_high"] == 150
    assert told["kinds"]["copied"]["deed"] is None
    assert told["differ_in"] == ["model.width"]
