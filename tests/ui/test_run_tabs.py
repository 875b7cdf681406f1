import io

import pandas as pd
import pytest

from minigpt.runs.config import RunConfig
from tests.ui.harness import ROWS, chart, made_run, said
from ui.run_tabs import LOG_TAIL_CHARACTERS, TABS, metrics_csv


def show(run_id):
    from ui import run_tabs
    from ui.services import snapshot

    run_tabs.draw(snapshot(run_id))


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


def test_samples_are_shown_newest_first_exactly_as_they_are(draw):
    at = opened(draw, made_run(), "Samples")
    assert said(at.caption) == ["step 20", "step 0"]
    assert said(at.code) == ["the <b>sea</b> *of* $x$", "zqx"]
    assert not at.exception


def test_rates_that_were_logged_are_drawn(draw):
    run = made_run()
    at = opened(draw, run, "Learning rate and gradients")
    data = chart(at, f"learning_rate-{run.id}")["series"][0]["data"]
    assert data == [[row["step"], 1e-4] for row in ROWS]
    assert len(at.get("echarts_chart")) == 1
    assert at.get("download_button")[0].label == "Download all metrics (CSV)"
    assert not at.exception


def test_all_metrics_can_be_taken_home():
    table = pd.read_csv(io.BytesIO(metrics_csv(made_run(steps=()).id)))
    assert table["step"].tolist() == [row["step"] for row in ROWS]
    assert table["train_loss"].tolist() == [row["train_loss"] for row in ROWS]


def test_every_setting_is_listed_with_its_value(draw):
    run = made_run()
    table = opened(draw, run, "Settings").dataframe[0].value
    listed = dict(zip(table["setting"], table["value"], strict=True))
    config = run.config().to_dict()
    sections = [name for name, values in config.items() if isinstance(values, dict)]
    expected = {
        f"{section}.{name}": str(value)
        for section in sections
        for name, value in config[section].items()
    }
    assert listed == {**expected, "seed": str(config["seed"])}
    assert RunConfig.from_dict(config).seed == int(listed["seed"])


def test_events_are_listed(draw):
    run = made_run()
    run.append("events", {"at": 60.0, "text": "Finished", "step": 20})
    at = opened(draw, run, "Events")
    table = at.dataframe[0].value
    assert table["event"].tolist() == ["Training began", "Finished"]
    assert table["step"].iloc[1] == 20
    assert not at.exception


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (None, "Nothing was printed."),
        ("", "Nothing was printed."),
        ("one\ntwo", "one\ntwo"),
        ("a" + "b" * LOG_TAIL_CHARACTERS, "b" * LOG_TAIL_CHARACTERS),
    ],
)
def test_the_end_of_the_log_is_shown(draw, written, shown):
    run = made_run(steps=())
    if written is not None:
        run.log.write_text(written, encoding="utf-8")
    at = opened(draw, run, "Log")
    assert said(at.code) == [shown]
    assert not at.exception


@pytest.mark.parametrize("name", TABS)
def test_a_run_that_has_done_nothing_yet_has_every_tab(draw, name):
    at = opened(draw, made_run(steps=(), state=None, end=None), name)
    assert not at.exception
    shown = next(tab for tab in at.tabs if tab.label == name)
    assert shown.children
