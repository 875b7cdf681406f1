import pytest

from minigpt.runs.records import Sample
from tests.ui.harness import ROWS, made_run, texts
from ui.screens.run.samples import by_step, loss_at, sample_heading, steps_around
from ui.services import runs
from ui.services.runs import snapshot


def show(run_id):
    from ui.screens.run.samples import sample_timeline
    from ui.services.runs import snapshot

    sample_timeline(snapshot(run_id))


def run_with_samples(*steps):
    run = made_run(steps=())
    (run.path / "samples.jsonl").unlink()
    for step in steps:
        run.append("samples", {"step": step, "text": f"text {step}\n"})
    return run


def test_the_newest_sample_is_shown_first_and_its_neighbours_under_it(draw):
    at = draw(show, run_id=run_with_samples(0, 5, 10, 20).id)
    assert at.select_slider[0].value == "20"
    assert texts(at) == ["text 20", "text 10", "text 5"]
    assert at.caption[0].value == "step 20 · validation loss 2.5000"
    assert at.query_params == {}
    assert not at.exception


def test_the_address_chooses_the_sample(draw):
    at = draw(show, run_id=run_with_samples(0, 5, 10, 15, 20).id, query={"step": "5"})
    assert texts(at) == ["text 5", "text 15", "text 10", "text 0"]
    assert not at.exception


def test_a_sample_chosen_goes_into_the_address_and_the_newest_out_of_it(draw):
    at = draw(show, run_id=run_with_samples(0, 10, 20).id)
    at.select_slider[0].set_value("10").run()
    assert at.query_params == {"step": "10"}
    assert texts(at)[0] == "text 10"
    at.select_slider[0].set_value("20").run()
    assert at.query_params == {}
    assert not at.exception


def write_another(run, step):
    run.append("samples", {"step": step, "text": f"text {step}"})
    runs.forget_run(run.id)


def test_at_its_end_the_slider_follows_the_newest_sample(draw):
    run = run_with_samples(0, 10)
    at = draw(show, run_id=run.id)
    write_another(run, 20)
    at.run()
    assert texts(at)[0] == "text 20"
    assert not at.exception


def test_a_browser_that_still_shows_what_was_newest_has_chosen_nothing(draw):
    run = run_with_samples(0, 10)
    at = draw(show, run_id=run.id)
    write_another(run, 20)
    sent = at._tree.get_widget_states()
    at.run()
    at._run(sent)  # from before it has drawn the answer
    assert at.query_params == {}
    assert texts(at)[0] == "text 20"
    assert not at.exception


def test_a_chosen_sample_stays_on_its_slider_while_others_are_written(draw):
    run = run_with_samples(0, 10)
    at = draw(show, run_id=run.id)
    at.select_slider[0].set_value("0").run()
    moved = at.select_slider[0].id
    write_another(run, 20)
    at.run()
    assert at.select_slider[0].id == moved
    assert at.select_slider[0].value == "0"
    at.select_slider[0].set_value("20").run()
    assert at.query_params == {}
    assert texts(at)[0] == "text 20"
    assert not at.exception


def test_whoever_came_with_a_step_moves_on_one_slider(draw):
    at = draw(show, run_id=run_with_samples(0, 10, 20).id, query={"step": "0"})
    came_to = at.select_slider[0].id
    for step in ("10", "20", "0"):
        at.select_slider[0].set_value(step).run()
        assert at.select_slider[0].id == came_to  # another would lose the keyboard
        assert texts(at)[0] == f"text {step}"
    assert not at.exception


@pytest.mark.parametrize("step", ["7", "x", ""])
def test_a_step_without_a_sample_shows_the_newest(draw, step):
    at = draw(show, run_id=run_with_samples(0, 10).id, query={"step": step})
    assert texts(at)[0] == "text 10"
    assert not at.exception


def test_a_single_sample_needs_no_slider(draw):
    at = draw(show, run_id=run_with_samples(10).id)
    assert not at.select_slider
    assert texts(at) == ["text 10"]
    assert not at.exception


def test_before_the_first_sample_it_says_when_there_will_be_one(draw):
    at = draw(show, run_id=made_run(steps=(), state=None, end=None).id)
    assert "at every evaluation" in at.caption[0].value
    assert not at.exception


def test_of_a_step_that_was_sampled_twice_the_newer_text_counts():
    rows = [Sample(step=9, text="b"), Sample(step=2, text="a"), Sample(step=9, text="c")]
    assert list(by_step(rows).items()) == [("2", "a"), ("9", "c")]


@pytest.mark.parametrize(
    ("chosen", "around"),
    [(0, ["2", "1"]), (1, ["3", "2", "0"]), (4, ["3", "2"]), (2, ["4", "3", "1", "0"])],
)
def test_neighbours_are_those_around_newest_first(chosen, around):
    assert steps_around(["0", "1", "2", "3", "4"], chosen) == around


def test_the_loss_beside_a_sample_is_the_one_measured_at_its_step():
    curve = [(row["step"], row["validation_loss"]) for row in ROWS if row["validation_loss"]]
    assert loss_at(curve, 10) == 3.0
    assert loss_at(curve, 11) is None
    assert sample_heading(snapshot(made_run(steps=()).id), "15") == "step 15"
