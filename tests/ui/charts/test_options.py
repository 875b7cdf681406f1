import json

import pytest

from tests.ui.harness import DONE, made_run, said
from ui.charts.options import ChartView, last_step
from ui.services.runs import snapshot

CLOCKED = [
    {"step": step, "train_loss": 4.0 - step / 10, "tokens": step * 100, "seconds": step * 2.0}
    for step in (0, 10, 20)
]


def clocked_run(**changes):
    run = made_run(steps=(), **changes)
    run.metrics.write_text("".join(json.dumps(row) + "\n" for row in CLOCKED), "utf-8")
    return snapshot(run.id)


def test_curves_run_along_the_axis_that_was_chosen():
    run = clocked_run()
    loss = run.curves.train_loss
    assert list(ChartView().drawn(run, loss)) == [(0, 4.0), (10, 3.0), (20, 2.0)]
    assert list(ChartView(axis="time").drawn(run, loss)) == [(0, 4.0), (20, 3.0), (40, 2.0)]
    assert list(ChartView(axis="tokens").drawn(run, loss)) == [(0, 4.0), (1000, 3.0), (2000, 2.0)]


def test_axes_are_those_that_were_chosen():
    run = clocked_run()
    assert ChartView().axes(run).name == "step"
    assert ChartView(axis="time").axes(run).name == "time (s)"
    assert ChartView(axis="time").axes(run).end == 40
    assert ChartView(axis="tokens").axes(run).end == 2000
    assert ChartView(log=True).axes(run).log
    assert not ChartView(log=True).axes(run, log=False).log


def test_passes_are_tokens_by_the_length_of_the_text():
    run = clocked_run(state=DONE | {"training_tokens": 800})
    view = ChartView(axis="passes")
    axes = view.axes(run)
    assert (axes.name, axes.end) == ("passes over the text", 2.5)
    drawn = view.drawn(run, run.curves.train_loss)
    assert [(axes.coordinate(x), y) for x, y in drawn] == [(0, 4.0), (1.25, 3.0), (2.5, 2.0)]


def test_without_the_length_of_the_text_there_are_no_passes(draw):
    run = clocked_run()
    assert ChartView(axis="passes").axes(run).name == "step"
    at = draw(choose, run_id=run.summary.id, scale="even", query={"axis": "passes"})
    assert said(at.text) == ["step off False"]
    assert len(at.button_group[0].options) == 3
    known = made_run(steps=(), state=DONE | {"training_tokens": 800})
    at = draw(choose, run_id=known.id, scale="even", query={"axis": "passes"})
    assert said(at.text) == ["passes off False"]
    assert not at.exception


def test_a_run_that_did_not_log_its_time_is_drawn_over_steps():
    run = snapshot(made_run(steps=()).id)
    view = ChartView(axis="time")
    assert view.axes(run).name == "step"
    assert list(view.drawn(run, run.curves.train_loss)) == list(run.curves.train_loss)


def test_without_smoothing_there_is_no_smoothed_line():
    run = clocked_run()
    assert list(ChartView().smooth(run)) == []
    smooth = ChartView(smoothing="strong", axis="time").smooth(run)
    assert [place for place, _ in smooth] == [0, 20, 40]
    assert smooth[0][1] == 4.0
    assert 2.0 < smooth[-1][1] < 4.0


@pytest.mark.parametrize(
    ("steps", "last", "end"),
    [(20, 0, 20), (20_000, 0, 20_000), (20_000, 20, 79), (20_000, 8000, 20_000), (2000, 600, 2000),
     (2000, 500, 1000), (20, 20, 20)],
)  # fmt: skip
def test_while_it_trains_the_axis_shows_a_good_part_of_the_plan(steps, last, end):
    run = made_run(steps=(), state=DONE | {"steps": steps, "phase": "training"}, end=None)
    row = {"step": last, "train_loss": 1.0}
    run.metrics.write_text(json.dumps(row) + "\n", "utf-8")
    with run.lock():
        assert last_step(snapshot(run.id)) == end


def test_a_finished_run_ends_the_axis_though_more_was_planned():
    assert last_step(clocked_run(state=DONE | {"steps": 500})) == 20


def choose(run_id, scale):
    import streamlit as st

    from ui.charts.options import choose_view
    from ui.services.runs import snapshot

    view = choose_view(snapshot(run_id), default_scale=scale)
    st.text(f"{view.axis} {view.smoothing} {view.log}")


def test_at_first_nothing_is_smoothed_and_steps_run_evenly(draw):
    at = draw(choose, run_id=made_run(steps=()).id, scale="even")
    assert said(at.text) == ["step off False"]
    assert at.query_params == {}
    assert not at.exception


def test_a_link_draws_the_charts_as_they_were(draw):
    query = {"axis": "tokens", "smooth": "light", "scale": "log"}
    at = draw(choose, run_id=made_run(steps=()).id, scale="even", query=query)
    assert said(at.text) == ["tokens light True"]
    assert not at.exception


def test_a_choice_goes_into_the_address(draw):
    at = draw(choose, run_id=made_run(steps=()).id, scale="log")
    assert said(at.text) == ["step off True"]
    at.button_group[0].set_value("time").run()
    at.button_group[2].set_value("even").run()
    assert said(at.text) == ["time off False"]
    assert at.query_params == {"axis": "time", "scale": "even"}
    assert not at.exception
