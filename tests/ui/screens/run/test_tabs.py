import io
import json

import pandas as pd
import pytest

from minigpt.runs.records import WorkerState
from tests.ui.harness import DONE, ROWS, chart, made_run, said
from ui.screens.run.tabs import metrics_csv, system_facts

LOST = {"outcome": "failed", "reason": "No number.", "field": "training.learning_rate"}
MEASURED = [
    {
        "step": step, "train_loss": 4.0, "learning_rate": 1e-4, "gradient_norm": norm,
        "tokens_per_second": 100.0 * step, "memory": 250_000_000,
    }
    for step, norm in ((1, 2.0), (2, 3.0), (3, 4000.0))
]  # fmt: skip


def show_rates(run_id, axis="step", log=False):
    from ui.charts.options import ChartView
    from ui.screens.run.tabs import rates
    from ui.services.runs import snapshot

    rates(snapshot(run_id), ChartView(axis=axis, log=log))


def show_system(run_id):
    from ui.charts.options import ChartView
    from ui.screens.run.tabs import system
    from ui.services.runs import snapshot

    system(snapshot(run_id), ChartView())


def measured_run(**changes):
    run = made_run(steps=(), **changes)
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in MEASURED), "utf-8")
    return run


def test_rates_that_were_logged_are_drawn(draw):
    run = made_run(steps=())
    at = draw(show_rates, run_id=run.id)
    data = chart(at, f"learning_rate-{run.id}")["series"][0]["data"]
    assert data == [[row["step"], 1e-4] for row in ROWS]
    assert len(at.get("echarts_chart")) == 1
    assert at.get_by_key(f"learning_rate-{run.id}").proto.alt == (
        "Learning rate over step: 0.0001 at step 20"
    )
    assert at.get("download_button")[0].label == "Download all metrics (CSV)"
    assert not at.exception


@pytest.mark.parametrize(
    ("log", "end", "scale"),
    [
        (False, {"outcome": "finished"}, "value"),
        (True, {"outcome": "finished"}, "log"),
        (False, LOST, "log"),
    ],
)
def test_the_gradient_rises_by_factors_where_asked_or_where_the_loss_was_lost(
    draw, log, end, scale
):
    run = measured_run(end=end)
    at = draw(show_rates, run_id=run.id, log=log)
    assert chart(at, f"gradient_norm-{run.id}")["yAxis"]["type"] == scale
    assert chart(at, f"learning_rate-{run.id}")["yAxis"]["type"] == "value"
    assert not at.exception


def test_speed_and_memory_are_drawn_over_time_in_their_units(draw):
    run = measured_run()
    at = draw(show_system, run_id=run.id)
    speed, memory = chart(at, f"tokens_per_second-{run.id}"), chart(at, f"memory-{run.id}")
    assert speed["series"][0]["data"] == [[1, 100.0], [2, 200.0], [3, 300.0]]
    assert memory["series"][0]["data"] == [[step, 250.0] for step in (1, 2, 3)]
    assert memory["yAxis"]["name"] == "memory of its process (MB)"
    assert not at.exception


def test_a_run_that_has_not_begun_has_no_figures_yet(draw):
    at = draw(show_system, run_id=made_run(steps=(), state=None, end=None).id)
    assert said(at.caption) == ["Speed and memory appear here once it trains."]
    assert not at.get("echarts_chart")
    assert not at.exception


def test_what_a_worker_says_of_itself_is_told_in_a_few_words():
    state = {
        "device": "cpu", "threads": 2, "processes": 1, "precision": "float32",
        "memory": 412_000_000, "tokens_per_second": 23_456.0, "seconds": 80.0,
    }  # fmt: skip
    assert system_facts(WorkerState.from_json(state)) == [
        "on the processor", "2 threads", "float32", "412 MB of memory",
        "23,500 tokens per second", "1 min 20 s of training",
    ]  # fmt: skip
    assert system_facts(WorkerState(device="cuda:0", threads=1, processes=4)) == [
        "on cuda:0", "1 thread", "4 processes",
    ]  # fmt: skip


@pytest.mark.parametrize("state", [{}, {"device": 5, "threads": "two", "memory": None}])
def test_what_a_worker_does_not_say_is_left_out(state):
    assert system_facts(WorkerState.from_json(state)) == []


def test_all_metrics_can_be_taken_home():
    table = pd.read_csv(io.BytesIO(metrics_csv(made_run(steps=(), state=DONE).id)))
    assert table["step"].tolist() == [row["step"] for row in ROWS]
    assert table["train_loss"].tolist() == [row["train_loss"] for row in ROWS]
