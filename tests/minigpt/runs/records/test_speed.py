"""A run's own seconds and its mean speed, from what its files say."""

import pytest

from minigpt.runs.config import RunConfig
from minigpt.runs.records import MetricRow, Settings, WorkerState
from minigpt.runs.records.speed import mean_speed, own_seconds
from minigpt.runs.store import RunStore

FRESH = Settings(batch_size=4, context_length=8)
FORKED = Settings(batch_size=4, context_length=8, start="fork", forked_at=10)
ROWS = [MetricRow(step=5, seconds=40.0), MetricRow(step=10, seconds=100.0)]


def unread():
    raise AssertionError("the metrics of this run need not be read")


def test_a_fresh_run_trained_all_its_seconds_itself():
    assert own_seconds(FRESH, WorkerState(seconds=30.0), unread) == 30.0
    assert own_seconds(FRESH, WorkerState(), unread) is None


def test_a_fork_leaves_out_what_its_parent_trained():
    noted = WorkerState(seconds=130.0, own_seconds=20.0)
    assert own_seconds(FORKED, noted, unread) == 20.0
    earlier = WorkerState(seconds=130.0)  # of a worker that did not note its own
    assert own_seconds(FORKED, earlier, lambda: ROWS) == 30.0


def test_the_mean_is_over_the_steps_and_the_seconds_of_this_run():
    assert mean_speed(FRESH, step=20, seconds=10.0) == pytest.approx(20 * 32 / 10)
    assert mean_speed(FORKED, step=20, seconds=10.0) == pytest.approx(10 * 32 / 10)


@pytest.mark.parametrize(
    ("settings", "step", "seconds"),
    [(FRESH, 0, 5.0), (FRESH, None, 5.0), (FRESH, 5, None), (FRESH, 5, 0.0), (Settings(), 5, 5.0)],
)
def test_where_nothing_tells_it_there_is_no_speed(settings, step, seconds):
    assert mean_speed(settings, step=step, seconds=seconds) is None


def test_the_list_shows_the_mean_and_the_pace_of_the_moment_only_while_it_trains(store: RunStore):
    config = RunConfig().changed({"training.batch_size": 4, "model.context_length": 8})
    run = store.create(config, name="speed")
    state = {"phase": "training", "step": 10, "seconds": 20.0, "tokens_per_second": 149.0}
    run.write("state", {"heartbeat": 0.0, **state})
    run.write("exit", {"outcome": "finished"})
    summary = store.summarise(run)
    assert (summary.tokens_per_second, summary.recent_tokens_per_second) == (16.0, None)
