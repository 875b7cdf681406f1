import io
import json

import pandas as pd
import pytest

from minigpt.runs.records import WorkerState
from minigpt.runs.store import RunStore
from tests.ui.harness import DONE, ROWS, chart, made_run, said, texts
from ui.forms.labels import CHOICES, choice, setting_value
from ui.screens.run.tabs import PARTS, TABS, metrics_csv, setting_rows, system_facts
from ui.services.runs import LOG_TAIL_BYTES

LOST = {"outcome": "failed", "reason": "No number.", "field": "training.learning_rate"}
MEASURED = [
    {
        "step": step, "train_loss": 4.0, "learning_rate": 1e-4, "gradient_norm": norm,
        "tokens_per_second": 100.0 * step, "memory": 250_000_000,
    }
    for step, norm in ((1, 2.0), (2, 3.0), (3, 4000.0))
]  # fmt: skip


def draw_rates(run_id, axis="step", log=False):
    from ui.charts.options import ChartView
    from ui.screens.run.tabs import show_rates
    from ui.services.runs import snapshot

    show_rates(snapshot(run_id), ChartView(axis=axis, log=log))


def draw_system(run_id):
    from ui.charts.options import ChartView
    from ui.screens.run.tabs import show_system
    from ui.services.runs import snapshot

    show_system(snapshot(run_id), ChartView())


def measured_run(**changes):
    run = made_run(steps=(), **changes)
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in MEASURED), "utf-8")
    return run


def test_rates_that_were_logged_are_drawn(draw):
    run = made_run(steps=())
    at = draw(draw_rates, run_id=run.id)
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
    at = draw(draw_rates, run_id=run.id, log=log)
    assert chart(at, f"gradient_norm-{run.id}")["yAxis"]["type"] == scale
    assert chart(at, f"learning_rate-{run.id}")["yAxis"]["type"] == "value"
    assert not at.exception


def test_speed_and_memory_are_drawn_over_time_in_their_units(draw):
    run = measured_run()
    at = draw(draw_system, run_id=run.id)
    speed, memory = chart(at, f"tokens_per_second-{run.id}"), chart(at, f"memory-{run.id}")
    assert speed["series"][0]["data"] == [[1, 100.0], [2, 200.0], [3, 300.0]]
    assert memory["series"][0]["data"] == [[step, 250.0] for step in (1, 2, 3)]
    assert memory["yAxis"]["name"] == "memory of its process (MB)"
    assert not at.exception


def test_a_run_that_has_not_begun_has_no_figures_yet(draw):
    at = draw(draw_system, run_id=made_run(steps=(), state=None, end=None).id)
    assert said(at.caption) == ["Speed and memory appear here once it trains."]
    assert not at.get("echarts_chart")
    assert not at.exception


def test_what_a_worker_says_of_itself_is_told_in_a_few_words():
    state = {
        "device": "cpu", "threads": 2, "processes": 1, "precision": "float32", "step": 10,
        "memory": 412_000_000, "tokens_per_second": 23_456.0, "seconds": 80.0,
    }  # fmt: skip
    run = made_run(steps=(), state=state)
    # 10 steps of 4 x 16 tokens in all; the pace of the last seconds is that of a run that trains.
    assert system_facts(run.state(), RunStore.default().summarise(run)) == [
        "on the processor", "2 threads", "float32", "412 MB of memory",
        "8 tokens per second", "1 min 20 s of training",
    ]  # fmt: skip
    state = WorkerState(device="cuda:0", threads=1, processes=4)
    assert system_facts(state, unknown_run()) == ["on cuda:0", "1 thread", "4 processes"]


@pytest.mark.parametrize("state", [{}, {"device": 5, "threads": "two", "memory": None}])
def test_what_a_worker_does_not_say_is_left_out(state):
    assert system_facts(WorkerState.from_json(state), unknown_run()) == []


def unknown_run():
    return RunStore.default().summarise(made_run(steps=(), state=None))


def test_all_metrics_can_be_taken_home():
    table = pd.read_csv(io.BytesIO(metrics_csv(made_run(steps=(), state=DONE).id)))
    assert table["step"].tolist() == [row["step"] for row in ROWS]
    assert table["last_batch_loss"].tolist() == [row["train_loss"] for row in ROWS]


def show(run_id):
    from ui.charts.options import ChartView
    from ui.navigation import ensure_frame
    from ui.screens.run import tabs
    from ui.services.runs import snapshot

    ensure_frame()
    tabs.draw_tabs(snapshot(run_id), ChartView())


def opened(draw, run, name):
    """The tabs of a run after one of them was chosen."""
    at = draw(show, run_id=run.id)
    at.session_state[f"tabs-{run.id}"] = name
    return at.run()


def test_only_the_open_tab_is_worked_out(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    assert [tab.label for tab in at.tabs] == list(TABS)
    assert [bool(tab.children) for tab in at.tabs] == [True] + [False] * (len(TABS) - 1)
    assert not at.exception


def test_every_setting_is_listed_with_its_value(draw):
    run = made_run()
    table = opened(draw, run, "Settings").dataframe[0].value
    listed = dict(zip(table["path"], table["value"], strict=True))
    config = run.config().to_dict()
    sections = [name for name, values in config.items() if isinstance(values, dict)]
    expected = {
        f"{section}.{name}": choice(name, value) if name in CHOICES else setting_value(value)
        for section in sections
        for name, value in config[section].items()
    }
    assert listed == {**expected, "seed": setting_value(config["seed"])}
    assert "None" not in table.to_csv()
    named = dict(zip(table["path"], table["setting"], strict=True))
    assert named["training.learning_rate"] == "Learning rate"
    assert set(table["part"]) <= set(PARTS.values())


def test_a_configuration_that_is_damaged_is_listed_as_far_as_it_goes():
    assert setting_rows({"model": "?", "training": {"steps": 5}}) == [
        {"part": "Training", "setting": "Steps", "value": "5", "path": "training.steps"},
        {"part": "All of it", "setting": "Seed", "value": "–", "path": "seed"},
    ]


def test_events_and_what_was_learnt_are_listed(draw):
    run = made_run()
    run.append("events", {"at": 60.0, "text": "Finished", "step": 20})
    table = opened(draw, run, "Events").dataframe[0].value
    happened = table["event"].tolist()
    assert happened[0] == "Training began"
    assert happened[1].startswith("Beats even guess")
    assert happened[2].startswith("Beats character counts")
    assert happened[-1] == "Finished"
    assert table["step"].tolist() == ["", "10", "20", "20"]


def test_where_nothing_happened_it_says_what_will_be_here(draw):
    at = opened(draw, made_run(steps=(), state=None, end=None), "Events")
    assert "What happens to the run is listed here." in said(at.caption)
    assert not at.exception


@pytest.mark.parametrize("written", [None, ""])
def test_where_nothing_was_printed_it_says_so(draw, written):
    run = made_run(steps=())
    if written is not None:
        run.log.write_text(written, encoding="utf-8")
    at = opened(draw, run, "Log")
    assert "Nothing was printed." in said(at.caption)
    assert not at.exception


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("one\ntwo", "one\ntwo"),
        ("a" + "b" * LOG_TAIL_BYTES, "b" * LOG_TAIL_BYTES),
    ],
)
def test_the_end_of_the_log_is_shown_and_all_of_it_can_be_had(draw, written, shown):
    run = made_run(steps=())
    run.log.write_text(written, encoding="utf-8")
    at = opened(draw, run, "Log")
    assert texts(at) == [shown]
    assert [one.label for one in at.get("download_button")] == ["Download the whole log"]
    assert not at.exception


@pytest.mark.parametrize("name", TABS)
def test_a_run_that_has_done_nothing_yet_has_every_tab(draw, name):
    at = opened(draw, made_run(steps=(), state=None, end=None), name)
    assert not at.exception
    shown = next(tab for tab in at.tabs if tab.label == name)
    assert shown.children


@pytest.mark.parametrize("name", TABS)
def test_every_tab_of_a_finished_run_opens(draw, name):
    at = opened(draw, made_run(), name)
    assert not at.exception
    assert not at.error
