import time
from html import unescape

from tests.ui.harness import DONE, ROWS, chart, links, made_run, plain, said, texts
from ui.messages import escape
from ui.screens.run.monitor import CHART_HEIGHT
from ui.services.counting import entropy_lines
from ui.services.runs import snapshot

TRAINING = DONE | {"phase": "training", "step": 10}


def show(run_id):
    from ui.navigation import ensure_frame
    from ui.screens.run.monitor import draw_run
    from ui.services.runs import snapshot

    ensure_frame()
    draw_run(snapshot(run_id))


def test_a_finished_run_shows_curve_words_and_what_to_do_next(draw):
    run = made_run(name="Sea *and* road")
    at = draw(show, run_id=run.id)
    assert said(at.title) == [escape("Sea *and* road")]
    spec = chart(at, f"loss-{run.id}")
    training, validation = spec["series"]  # of an earlier version: no training part
    assert training["data"] == [[row["step"], row["train_loss"]] for row in ROWS]
    assert validation["data"] == [[0, 4.0], [10, 3.0], [20, 2.5]]
    lines = {line["name"]: line["yAxis"] for line in validation["markLine"]["data"]}
    assert lines == entropy_lines(snapshot(run.id))
    assert texts(at)[0] == "the <b>sea</b> *of* $x$"
    assert at.metric[0].label == "Best validation loss"
    assert (at.metric[0].value, at.metric[0].delta) == ("2.5000", "")
    assert {"Generate with it", "Look inside", "Train longer"} <= links(at).keys()
    assert not at.exception


def test_a_chart_says_in_words_what_it_shows(draw):
    run = made_run()
    at = draw(show, run_id=run.id)
    words = at.get_by_key(f"loss-{run.id}").proto.alt
    assert words.startswith("Loss over steps, up to step 20.")
    assert "2.5000" in words
    assert not at.exception


def test_a_run_in_training_shows_its_loss_now_and_what_that_is_worth(draw):
    run = made_run(steps=(), state=TRAINING, end=None)
    with run.lock():
        at = draw(show, run_id=run.id)
    assert at.metric[0].label == "Validation loss"
    assert at.metric[0].value == "2.5000"
    assert at.metric[0].delta == "now beats character counts (step 20)"
    assert not at.exception


def test_the_chart_is_drawn_as_the_address_says(draw):
    run = made_run()
    at = draw(show, run_id=run.id, query={"smooth": "light", "scale": "log"})
    spec = chart(at, f"loss-{run.id}")
    assert spec["yAxis"]["type"] == "log"
    assert [line["name"] for line in spec["series"]][-1] == "last batch's loss, smoothed"
    assert not at.exception


def test_a_loss_that_ran_away_is_drawn_by_its_factors(draw):
    end = {"outcome": "failed", "reason": "No number.", "field": "training.learning_rate"}
    run = made_run(steps=(), end=end)
    run.append("metrics", {"step": 25, "train_loss": 1e7})
    at = draw(show, run_id=run.id)
    assert chart(at, f"loss-{run.id}")["yAxis"]["type"] == "log"
    assert at.query_params == {}
    assert not at.exception


def test_a_run_that_has_just_been_started_waits_calmly(draw):
    run = made_run(steps=(), state=None, end=None)
    at = draw(show, run_id=run.id)
    assert len(at.get("skeleton")) == 1
    assert not at.get("echarts_chart")
    assert "The model's first words appear here." in said(at.caption)
    assert at.metric[0].value == "–"
    assert not at.exception


def test_a_run_that_never_trained_does_not_look_as_if_it_were_about_to(draw):
    at = draw(show, run_id=made_run(steps=(), state=None, end={"outcome": "stopped"}).id)
    assert not at.get("skeleton")
    assert any("once it trains" in words for words in said(at.caption))
    assert not at.exception


def test_a_failed_run_gives_its_reason_literally(draw):
    reason = "The text *changed* on <disk>."
    run = made_run(end={"outcome": "failed", "reason": reason})
    at = draw(show, run_id=run.id)
    assert said(at.error) == [escape(reason)]
    assert not at.exception


def test_a_run_whose_worker_could_not_start_gives_its_reason(draw):
    run = made_run(steps=(), state=None, end=None)
    run.write("launch", {"at": time.time(), "exit_code": 127, "error": "No memory left."})
    at = draw(show, run_id=run.id)
    assert [plain(words) for words in said(at.error)] == ["No memory left."]
    assert not at.exception


def test_damaged_samples_do_not_break_the_page(draw):
    run = made_run()
    run.append("samples", {"step": None, "text": 5})
    at = draw(show, run_id=run.id)
    assert texts(at)[0] == "the <b>sea</b> *of* $x$"
    assert not at.exception


def test_the_newest_sample_is_as_tall_as_its_text_up_to_the_height_of_the_chart(draw):
    at = draw(show, run_id=made_run().id)
    sample = next(one.proto.body for one in at.get("html") if "<b>sea" in unescape(one.proto.body))
    assert f"{{ max-height: {CHART_HEIGHT}px; }}" in sample
    assert not at.exception
