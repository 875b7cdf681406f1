import pytest

from minigpt.runs.config import RunConfig
from tests.ui.harness import made_run, said
from ui.screens.run.tabs import TABS, setting_rows
from ui.services.runs import LOG_TAIL_BYTES


def show(run_id):
    from ui.charts.options import ChartView
    from ui.navigation import ensure_frame
    from ui.screens.run import tabs
    from ui.services.runs import snapshot

    ensure_frame()
    tabs.draw(snapshot(run_id), ChartView())


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


def test_a_configuration_that_is_damaged_is_listed_as_far_as_it_goes():
    assert setting_rows({"model": "?", "training": {"steps": 5}}) == [
        {"setting": "training.steps", "value": "5"},
        {"setting": "seed", "value": "None"},
    ]


def test_events_and_what_was_learnt_are_listed(draw):
    run = made_run()
    run.append("events", {"at": 60.0, "text": "Finished", "step": 20})
    table = opened(draw, run, "Events").dataframe[0].value
    happened = table["event"].tolist()
    assert happened[0] == "Training began"
    assert happened[1].startswith("Beats even guess")
    assert happened[2].startswith("Beats letter counts")
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
    assert said(at.code) == [shown]
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
