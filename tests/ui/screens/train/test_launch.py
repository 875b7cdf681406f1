import math
import os
import shlex

import pytest

from minigpt.cli.main import requested_config
from minigpt.cli.parser import build_parser
from minigpt.cli.warm_start import fine_tuned, fork_from
from minigpt.corpora import load_corpus
from minigpt.errors import RunError
from minigpt.jobs.estimate.estimate import estimate
from minigpt.jobs.estimate.measurements import Calibration, keep_run
from minigpt.runs.presets import PRESETS
from tests.ui.harness import SMALL_TEXT, made_run, plain, said, texts, tiny_config
from ui.screens.train import launch
from ui.screens.train.launch import basis_in_words
from ui.services import runs
from ui.services.texts import token_counts_of, trained_tokenizer
from ui.wording import number, size, time_range

CHANGES = [
    {},
    {"training.steps": 123, "training.learning_rate": 3.3e-4, "seed": 5},
    {"tokenizer.kind": "word"},
    {"tokenizer.kind": "bpe", "tokenizer.vocabulary_size": 280},
    {"compute.precision": "bfloat16", "training.schedule": "linear", "logging.checkpoints": 3},
]
WITHOUT_DOWNLOAD = [
    name for name, preset in PRESETS.items() if preset.config.tokenizer.kind != "gpt2"
]


def show(preset, changes):
    from minigpt.runs.presets import PRESETS
    from ui.screens.train.launch import describe_cost, show_forecast
    from ui.screens.train.starting_point import StartingPoint

    base = PRESETS[preset].config
    starting_point = StartingPoint(key=preset, title="Title", base=base, preset=preset)
    config = base.changed({"corpus.name": "tiny-shakespeare", **changes})
    describe_cost(config)
    show_forecast(starting_point, config)


def meant(command):
    """The configuration that the command shown would start."""
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "minigpt"]
    chosen = build_parser().parse_args(words[3:])
    if chosen.command == "train":
        return requested_config(chosen)
    return {"fork": fork_from, "finetune": fine_tuned}[chosen.command](chosen).config


@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("preset", WITHOUT_DOWNLOAD)
def test_the_command_shown_means_the_same_run(draw, preset, changes):
    at = draw(show, preset=preset, changes=changes)
    expected = {"corpus.name": "tiny-shakespeare", **changes}
    assert meant(texts(at)[0]) == PRESETS[preset].config.changed(expected)
    assert not at.exception


def show_like(changes):
    from tests.ui.harness import tiny_config
    from ui.screens.train.launch import describe_cost, show_forecast
    from ui.screens.train.starting_point import StartingPoint

    base = tiny_config()
    describe_cost(base.changed(changes))
    show_forecast(StartingPoint(key="like", title="Again", base=base), base.changed(changes))


@pytest.mark.parametrize("changes", [{}, {"model.rung": "bigram"}, {"training.optimizer": "muon"}])
def test_the_command_for_the_settings_of_another_run_means_the_same(draw, changes):
    at = draw(show_like, changes=changes)
    assert meant(texts(at)[0]) == tiny_config().changed(changes)
    assert not at.exception


def show_derived(run_id, kind, changes):
    from minigpt.runs.config import StartConfig
    from minigpt.runs.warm_start import warm_start_config
    from ui.screens.train.launch import describe_cost, show_forecast
    from ui.screens.train.starting_point import StartingPoint
    from ui.services import runs

    run = runs.store().open(run_id)
    starting_point = StartingPoint(
        key="from", title="Title", base=run.config(), source=run,
        start=StartConfig(kind=kind, run=run_id, step=20), validation_loss=2.5,
    )  # fmt: skip
    config = warm_start_config(run, kind, step=20, changes=changes)
    describe_cost(config)
    show_forecast(starting_point, config)


@pytest.mark.parametrize("changes", [{}, {"training.learning_rate": 0.5, "model.dropout": 0.25}])
@pytest.mark.parametrize("kind", ["fork", "fine_tune"])
def test_the_command_for_a_run_with_weights_of_another_means_the_same(draw, kind, changes):
    run = made_run()
    changes = {"training.steps": 50, **changes}
    if kind == "fine_tune":
        changes["corpus.name"] = "sentences"
    at = draw(show_derived, run_id=run.id, kind=kind, changes=changes)
    config = meant(texts(at)[0])
    assert config == run.config().changed(changes).changed(
        {"start.kind": kind, "start.run": run.id, "start.step": 20}
    )
    assert not at.exception


def test_what_a_fork_will_do_counts_from_where_it_stands(draw):
    run = made_run()
    at = draw(show_derived, run_id=run.id, kind="fork", changes={"training.steps": 50})
    assert "30 more steps of 64 tokens each." in said(at.caption)
    assert any("validation loss of **2.5000**" in words for words in said(at.caption))
    seen = 30 * 64 / int(0.9 * len(SMALL_TEXT))
    assert at.metric[1].value == f"{number(seen)} ×"
    assert not at.exception


def test_a_fork_of_a_large_file_is_described_by_its_beginning(draw, tmp_path):
    file = tmp_path / "large.txt"
    file.write_text(SMALL_TEXT, encoding="utf-8")
    run = made_run(config=tiny_config(corpus__path=str(file), corpus__name="large"))
    at = draw(show_derived, run_id=run.id, kind="fork", changes={"training.steps": 50})
    assert "30 more steps of 64 tokens each." in said(at.caption)
    assert not at.exception


@pytest.mark.parametrize("changes", CHANGES)
def test_size_and_expected_loss_are_those_of_this_model_on_this_text(draw, changes):
    config = PRESETS["quick"].config.changed(changes)
    tokenizer = trained_tokenizer(
        config.tokenizer.kind, "tiny-shakespeare", config.tokenizer.vocabulary_size
    )
    at = draw(show, preset="quick", changes=changes)
    size = tokenizer.vocabulary_size
    parameters = config.model.parameter_count(size)
    assert at.metric[0].value == number(parameters)
    assert any(f"**{math.log(size):.4f}**" in words for words in said(at.caption))
    seen = config.training.steps * config.training.batch_size * config.model.context_length
    tokens = len(tokenizer.encode(load_corpus("tiny-shakespeare").training_text))
    assert at.metric[1].value == f"{number(seen / tokens)} ×"
    assert not at.exception


def test_what_counting_letters_reaches_is_told_of_models_of_characters_alone(draw):
    def told(changes):
        at = draw(show, preset="quick", changes=changes)
        return any("The best of plain counting, " in words for words in said(at.caption))

    assert told({})
    assert not told({"tokenizer.kind": "word"})


def test_the_loss_to_expect_is_that_of_an_even_guess(draw):
    at = draw(show, preset="quick", changes={})
    kinds = len(set(SMALL_TEXT))
    words = " ".join(said(at.caption))
    assert f"{math.log(kinds):.4f}" in words
    assert f"among {kinds} kinds of token" in words
    assert "The same from a terminal:" in said(at.caption)
    assert not at.exception


def show_button():
    import streamlit as st

    from tests.ui.harness import tiny_config
    from ui.screens.train.launch import start_button
    from ui.screens.train.starting_point import describes_form, is_page_key
    from ui.session.form_state import open_form

    open_form("train", owns=is_page_key, restarts=describes_form)
    st.session_state["run"] = start_button(tiny_config(), suggested_name="Suggested")


@pytest.fixture
def begun(monkeypatch):
    """What the launcher would have been asked for."""
    asked = []

    def begin(config, **rest):
        asked.append(rest)
        return made_run(name=rest["name"])

    monkeypatch.setattr(launch.runs, "start_run", begin)
    monkeypatch.setattr(launch, "current_owner", lambda: "browser-1")
    return asked


def show_warned():
    from tests.ui.harness import tiny_config
    from ui.screens.train.launch import start_button

    start_button(tiny_config(), suggested_name="Suggested", warnings=("It takes *long*.",))


def test_warnings_stand_beside_the_button(draw):
    at = draw(show_warned)
    assert [plain(words) for words in said(at.warning)] == ["It takes *long*."]
    assert len(at.button) == 1
    assert not at.exception


def test_a_name_is_kept_in_the_address_and_one_is_suggested(draw, begun):
    at = draw(show_button)
    assert at.text_input[0].placeholder == "Suggested"
    at.text_input[0].set_value("Mine").run()
    assert at.query_params == {"name": "Mine"}
    at.button[0].click().run()
    at.text_input[0].set_value("").run()
    assert at.query_params == {}
    at.button[0].click().run()
    assert [asked["name"] for asked in begun] == ["Mine", "Suggested"]
    assert {asked["owner"] for asked in begun} == {"browser-1"}
    assert not at.exception


def test_two_presses_of_one_visit_ask_for_one_and_the_same_run(draw, begun):
    at = draw(show_button)
    at.button[0].click().run()
    at.button[0].click().run()
    first, second = (asked["idempotency_key"] for asked in begun)
    assert first == second
    assert len(first) == 16
    assert not at.exception


def test_after_a_failure_the_next_press_asks_for_another_run(draw, begun, monkeypatch):
    at = draw(show_button)
    keys = []

    def refuse(config, *, idempotency_key, **_):
        keys.append(idempotency_key)
        raise RunError("No *room*.")

    monkeypatch.setattr(launch.runs, "start_run", refuse)
    at.button[0].click().run()
    assert plain(at.error[0].value) == "No *room*."
    at.button[0].click().run()
    assert len(set(keys)) == 2
    assert not at.exception


def test_the_button_says_whether_the_run_will_wait(draw, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    assert draw(show_button).button[0].label == "Start training"
    starting = made_run(steps=(), state=None, end=None)
    starting.write("launch", {"at": starting.read("meta")["created_at"]})
    from ui.services import runs

    runs.list_runs.clear()
    assert draw(show_button).button[0].label == "Start training (will wait for a slot)"
    queued = made_run(steps=(), state=None, end=None)
    queued.write("queued", {"at": 0.0, "owner": ""})
    runs.list_runs.clear()
    assert draw(show_button).button[0].label == "Start training (will wait: 1 before it)"


def show_estimate_alone():
    from tests.ui.harness import tiny_config
    from ui.screens.train.launch import show_estimate
    from ui.services.texts import token_counts_of

    show_estimate(tiny_config(), token_counts_of(tiny_config()))


@pytest.fixture
def asked(monkeypatch):
    """The measurements that were asked for; each is under way for ever."""
    found = []

    def begin(config, *, vocabulary_size):
        found.append((config, vocabulary_size))
        return True

    monkeypatch.setattr(launch, "calibrate_in_background", begin)
    return found


def known():
    return estimate(tiny_config(), token_counts_of(tiny_config()))


def test_a_rough_guess_is_there_at_once_and_is_called_one(draw, monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (0.0, 0.0, 0.0), raising=False)
    at = draw(show_estimate_alone)
    assert [metric.value for metric in at.metric] == [
        time_range(known().fastest_seconds, known().slowest_seconds),
    ]
    assert f"It takes about {size(known().memory_bytes)} of memory." in said(at.caption)
    assert any("rough guess" in words for words in said(at.caption))
    assert not at.exception


def test_meanwhile_some_steps_are_timed(draw, asked):
    at = draw(show_estimate_alone)
    assert asked[0] == (tiny_config(), token_counts_of(tiny_config()).vocabulary_size)
    assert said(at.caption)[0] == basis_in_words(known(), waits=True)
    assert "being timed" in at.caption[0].value
    assert not at.exception


def test_nothing_is_timed_while_somebody_trains(draw, asked):
    run = made_run(steps=(), state=None, end=None)
    run.write("launch", {"at": run.read("meta")["created_at"]})
    runs.list_runs.clear()
    at = draw(show_estimate_alone)
    assert asked == []
    assert "being timed" not in at.caption[0].value
    assert not at.exception


def test_when_it_is_known_the_page_is_drawn_once_more_with_it(draw, monkeypatch):
    answers = [True, False, False]
    monkeypatch.setattr(launch, "calibrate_in_background", lambda *_, **__: answers.pop(0))
    at = draw(show_estimate_alone)
    assert answers == []
    assert "being timed" not in at.caption[0].value
    assert not at.exception


def test_where_runs_of_the_shape_have_ended_they_tell_the_time_and_nobody_waits(draw, asked):
    text = token_counts_of(tiny_config())
    parts = Calibration(
        start_seconds=0.0, step_seconds=2.0, log_row_seconds=0.0, evaluation_window_seconds=0.0,
        token_seconds=0.0, weights_seconds=0.0, state_seconds=0.0,
    )  # fmt: skip
    keep_run(tiny_config(), parts, vocabulary_size=text.vocabulary_size)
    at = draw(show_estimate_alone)
    told = plain(at.caption[0].value)
    assert told.startswith("The time is told from 1 finished run of this shape on this machine.")
    assert known().basis == "runs"
    assert known().seconds > 20 * 2.0
    assert not at.exception
