import time

import pytest

from minigpt.jobs import queue
from tests.launching import start_nothing
from tests.ui.harness import DONE, chart, links, made_run, plain, said, texts
from ui.messages import escape


def logged(run, name):
    return [[row["step"], row[name]] for row in run.lines("metrics") if row[name] is not None]


def test_a_finished_run_shows_exactly_what_it_logged(visit, gpt):
    at = visit("run", run=gpt.id)
    assert said(at.title) == ["Tiny gpt"]
    batches, validation, training = chart(at, f"loss-{gpt.id}")["series"]
    assert [one["name"] for one in (batches, training)] == ["last batch's loss", "training"]
    for line, name in (
        (batches, "train_loss"),
        (validation, "validation_loss"),
        (training, "training_part_loss"),
    ):
        exact = logged(gpt, name)
        assert [step for step, _ in line["data"]] == [step for step, _ in exact]
        assert [value for _, value in line["data"]] == pytest.approx(
            [value for _, value in exact], rel=1e-5
        )
    assert [mark["name"] for mark in validation["markLine"]["data"]] == [
        "even guess", "character counts", "character pairs", "character triples",
        *(f"sequences of {length} characters" for length in (4, 5, 6)),
    ]  # fmt: skip
    assert texts(at)[0] == gpt.lines("samples")[-1]["text"].strip("\n")
    assert not at.error
    assert not at.exception


def test_a_finished_run_leads_to_what_can_be_done_with_it(visit, gpt):
    at = visit("run", run=gpt.id)
    last = gpt.config().training.steps
    assert links(at) == {
        "Generate with it": ("generate", f"run={gpt.id}"),
        "Look inside": ("attention", f"run={gpt.id}"),
        "All numbers of a head": ("attention", f"run={gpt.id}&step={last}"),
        "Train longer": ("train", f"from={gpt.id}&at={last}&kind=fork"),
        "Train another like it": ("train", f"like={gpt.id}"),
    }
    assert not [button for button in at.button if button.label == "Stop"]
    assert at.query_params == {"run": gpt.id}
    assert not at.exception


def test_a_failed_run_gives_its_reason(visit):
    run = made_run(steps=(), end={"outcome": "failed", "reason": "The *disk* is full."})
    at = visit("run", run=run.id)
    assert said(at.error) == [escape("The *disk* is full.")]
    assert not at.exception


def test_a_killed_run_says_what_is_left_of_it(visit):
    run = made_run(state=DONE | {"phase": "training", "step": 10}, end=None)
    at = visit("run", run=run.id)
    assert "up to step 10" in plain(at.warning[0].value)
    assert "Generate with it" in links(at)
    assert not at.exception


def test_a_run_in_training_is_shown_and_can_be_stopped(visit):
    state = DONE | {"phase": "training", "step": 10, "heartbeat": time.time()}
    run = made_run(state=state, end=None)
    with run.lock():
        at = visit("run", run=run.id)
        next(button for button in at.button if button.label == "Stop").click().run()
    assert run.read("control")["stop"] is True
    assert not at.exception


@pytest.mark.parametrize(
    ("outcome", "primary"),
    [
        ("finished", []),
        ("stopped", ["Resume"]),
        ("paused", ["Resume"]),
        ("failed", ["Change the settings and try again"]),
    ],
)
def test_each_end_has_at_most_one_thing_to_do_first(visit, outcome, primary):
    run = made_run(end={"outcome": outcome})
    at = visit("run", run=run.id)
    assert [one.label for one in at.main.button if one.proto.type == "primary"] == primary
    assert not at.exception


def test_a_run_that_waits_says_so_and_can_be_cancelled(visit, monkeypatch):
    start_nothing(monkeypatch)
    run = made_run(steps=(), state=None, end=None)
    queue.enqueue(run)
    at = visit("run", run=run.id)
    assert "next to start" in plain(at.info[0].value)
    assert "Cancel" in [one.label for one in at.main.button]
    assert not at.exception


def test_a_damaged_list_of_weights_is_told(visit):
    run = made_run()
    (run.weights / "latest.json").write_text('{"checkpoints": [{"odd": 1}]}', "utf-8")
    at = visit("run", run=run.id)
    assert "latest.json" in plain(at.error[0].value)
    assert not at.exception


def test_a_link_shows_the_charts_and_the_sample_of_its_address(visit, gpt):
    first = gpt.lines("samples")[0]
    at = visit("run", run=gpt.id, axis="tokens", scale="log", step=str(first["step"]))
    spec = chart(at, f"loss-{gpt.id}")
    assert "tokens" in spec["xAxis"]["name"]
    assert spec["yAxis"]["type"] == "log"
    assert texts(at)[1] == first["text"].strip("\n")
    assert not at.exception


def test_a_run_that_has_just_been_started_waits_for_its_first_numbers(visit):
    run = made_run(steps=(), state=None, end=None)
    at = visit("run", run=run.id)
    assert len(at.get("skeleton")) == 1
    assert not at.error
    assert not at.exception


@pytest.mark.parametrize("run_id", ["gone", "../../etc", "*x*", ""])
def test_an_unknown_run_is_told_literally(visit, run_id):
    at = visit("run", run=run_id)
    assert escape(f"There is no run called {run_id!r}.") in at.error[0].value
    assert not at.title
    assert not at.exception


def test_without_a_run_the_way_to_the_list_is_shown(visit):
    at = visit("run")
    assert "Choose a run to watch." in at.info[0].value
    assert links(at) == {"All runs": ("runs", "")}
    assert not at.exception


def test_a_bigram_has_the_same_page(visit, bigram):
    at = visit("run", run=bigram.id)
    assert said(at.title) == ["Tiny bigram"]
    assert chart(at, f"loss-{bigram.id}")["series"][0]["data"]
    assert not at.exception
