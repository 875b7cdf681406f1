import json

import pytest

from minigpt.runs.analysis.curves import Smoother
from minigpt.runs.analysis.metric_history import (
    MOST_CHART_POINTS,
    MOST_LOWS,
    SMOOTHING,
    Curves,
    MetricCurves,
    SharedTail,
)
from minigpt.runs.directory import forget_after, write_rows
from minigpt.runs.records import MetricRow
from minigpt.runs.records.rows import LIMITS
from tests.ui.harness import ROWS, SAMPLES, made_run

TRAIN = [(row["step"], row["train_loss"]) for row in ROWS]
EVALUATED = [(row["step"], row["validation_loss"]) for row in ROWS if row["validation_loss"]]


def line(**values):
    return json.dumps(values) + "\n"


def test_a_tail_holds_what_the_run_wrote():
    records = SharedTail(made_run(steps=())).read()
    assert list(records.curves.train_loss) == TRAIN
    assert list(records.curves.validation_loss) == EVALUATED
    assert list(records.curves.gradient_norm) == []
    assert [sample.to_json() for sample in records.samples] == SAMPLES
    assert [event.text for event in records.events] == ["Training began"]
    assert list(records.lows) == EVALUATED


def test_a_tail_reads_on_where_it_stopped():
    run = made_run(steps=())
    tail = SharedTail(run)
    before = tail.read()
    run.append("metrics", {"step": 25, "train_loss": 1.0, "validation_loss": None})
    run.append("samples", {"step": 25, "text": "new"})
    after = tail.read()
    assert after.curves.train_loss[-1] == (25, 1.0)
    assert [sample.step for sample in after.samples] == [0, 20, 25]
    assert list(before.curves.train_loss) == TRAIN
    assert [sample.to_json() for sample in before.samples] == SAMPLES


def test_a_run_that_is_taken_up_again_loses_what_is_made_once_more():
    run = made_run(steps=())
    tail = SharedTail(run)
    tail.read()
    forget_after(run, 10)
    run.append("metrics", {"step": 15, "train_loss": 9.0, "validation_loss": 9.5})
    records = tail.read()
    assert list(records.curves.train_loss) == [*TRAIN[:3], (15, 9.0)]
    assert list(records.lows) == EVALUATED[:2]
    assert [sample.step for sample in records.samples] == [0]


@pytest.mark.parametrize("name", ["metrics", "samples"])
def test_of_a_file_that_was_replaced_by_a_longer_one_only_that_is_shown(name):
    run = made_run(steps=(), state=None)
    path = run.path / f"{name}.jsonl"
    path.write_text("".join(line(step=step, train_loss=1.0, text="") for step in (1, 2)))
    tail = SharedTail(run)
    tail.read()
    path.write_text("".join(line(step=step, train_loss=1.0, text="") for step in range(7, 14)))
    records = tail.read()
    curve, samples = records.curves.train_loss, records.samples
    shown = [x for x, _ in curve] if name == "metrics" else [sample.step for sample in samples]
    assert shown == list(range(7, 14))


def test_lows_are_only_the_losses_below_all_before():
    curves = Curves()
    for step, judged in enumerate([4.0, 3.0, 3.5, 3.0, 2.0]):
        curves.add(MetricRow(step=step, validation_loss=judged))
    assert list(curves.lows()) == [(0, 4.0), (1, 3.0), (4, 2.0)]


def test_smoothing_averages_every_loss_and_not_only_those_that_are_drawn():
    curves, steps = Curves(), 5 * MOST_CHART_POINTS
    smoother = Smoother(SMOOTHING["strong"])
    for step in range(steps):
        value = float(step * 7919 % 101)
        curves.add(MetricRow(step=step, train_loss=value))
        exact = smoother.add(value)
    drawn = curves.smooth()["strong"]
    assert len(drawn) <= MOST_CHART_POINTS + 1
    assert drawn[-1] == (steps - 1, pytest.approx(exact))


@pytest.mark.parametrize(
    "row",
    [
        {"train_loss": 1.0},
        {"step": "five", "train_loss": 1.0},
        {"step": 5, "train_loss": "low"},
        {"step": 5, "train_loss": float("nan")},
        {"step": None, "validation_loss": []},
    ],
)
def test_a_damaged_row_adds_nothing(row):
    run = made_run(steps=(), state=None)
    run.append("metrics", row)
    records = SharedTail(run).read()
    assert records.curves == MetricCurves()
    assert list(records.lows) == []


def test_long_curves_are_thinned_out_to_what_a_chart_can_show():
    run = made_run(steps=(), state=None, end=None)
    run.metrics.write_text(
        "".join(line(step=step, train_loss=float(step % 7)) for step in range(3000)), "utf-8"
    )
    curve = SharedTail(run).read().curves.train_loss
    assert len(curve) <= MOST_CHART_POINTS + 1
    assert {value for _, value in curve} >= {0.0, 6.0}


@pytest.mark.parametrize(("rows", "length"), [(5_100, 10), (60, 100_000)])
def test_of_more_samples_than_are_kept_the_newest_are(rows, length):
    run, limits = made_run(steps=()), LIMITS["samples"]
    tail = SharedTail(run)
    write_rows(run, "samples", [{"step": step, "text": "x" * length} for step in range(rows)])
    found = tail.read()
    kept = len(found.samples)
    assert [sample.step for sample in found.samples] == list(range(rows - kept, rows))
    assert found.forgotten == rows - kept > 0
    assert kept == min(limits.rows, limits.bytes // length)
    run.append("samples", {"step": rows, "text": "y" * length})
    later = tail.read()
    assert later.samples[-1].text == "y" * length
    assert later.forgotten + len(later.samples) == rows + 1
    write_rows(run, "samples", [{"step": 1, "text": "anew"}])
    assert (tail.read().forgotten, len(tail.read().samples)) == (0, 1)


def test_lows_without_end_are_thinned_out():
    curves = Curves()
    for step in range(3 * MOST_LOWS):
        curves.add(MetricRow(step=step, validation_loss=1e6 - step))
    lows = curves.lows()
    assert len(lows) <= 2 * MOST_LOWS
    assert lows[0][0] == 0
    assert lows[-1] == (3 * MOST_LOWS - 1, 1e6 - 3 * MOST_LOWS + 1)
