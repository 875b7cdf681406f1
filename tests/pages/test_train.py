import json
import shlex

import pytest

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.cli.main import requested_config
from minigpt.cli.parser import build_parser
from minigpt.cli.warm_start import fine_tuned, fork_from
from minigpt.corpora import add_text
from minigpt.data_folder import data_folder
from minigpt.jobs.submission import checked_config
from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore
from tests.launching import time_nothing
from tests.ui.harness import SMALL_TEXT, plain, said, texts
from ui.messages import escape

OTHER = SMALL_TEXT.upper()
UNEQUAL = "A width of 30 cannot be shared equally by 4 heads."


def start_buttons(at):
    return [button for button in at.button if button.label.startswith("Start training")]


def box(at):
    return at.get_by_key("launch-box")


def beside(at, label):
    """The messages under the widget of this label."""
    column = next(
        column
        for column in at.columns
        if not column.columns and any(box.label == label for box in column.number_input)
    )
    return [plain(words) for words in said(column.error)]


def shown_config(at):
    words = shlex.split(texts(at)[0])
    chosen = build_parser().parse_args(words[words.index("minigpt") + 1 :])
    if chosen.command == "train":
        return requested_config(chosen)
    return {"fork": fork_from, "finetune": fine_tuned}[chosen.command](chosen).config


def test_the_page_opens_on_the_quick_preset_ready_to_start(visit):
    at = visit("train")
    assert said(at.title) == ["Train a model"]
    assert at.query_params == {}
    assert shown_config(at) == PRESETS["quick"].config
    assert len(start_buttons(at)) == 1
    assert not at.error
    assert not at.exception


def test_a_link_chooses_text_and_preset(visit):
    at = visit("train", corpus="sentences", preset="bigram")
    assert shown_config(at) == PRESETS["bigram"].config.changed({"corpus.name": "sentences"})
    assert not at.exception


def test_a_link_to_what_is_not_there_falls_back(visit):
    at = visit("train", corpus="gone", preset="<b>")
    assert shown_config(at) == PRESETS["quick"].config
    assert not at.exception


def test_a_width_that_heads_cannot_share_is_told_beside_the_field_and_in_the_box(visit):
    at = visit("train", preset="transformer")
    at.number_input("transformer/model.width").set_value(30).run()
    assert [words.startswith(UNEQUAL) for words in beside(at, "Width")] == [True]
    assert beside(at, "Heads") == []
    assert plain(box(at).error[0].value).startswith(UNEQUAL)
    assert "You can change it under “Shape”." in said(box(at).caption)
    assert start_buttons(at) == []
    assert not at.exception


def test_once_it_is_mended_training_can_start(visit):
    at = visit("train")
    at.number_input("quick/model.width").set_value(30).run()
    at.number_input("quick/model.width").set_value(32).run()
    assert not at.error
    assert len(start_buttons(at)) == 1
    assert not at.exception


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("training.steps", 0, "steps is 0"),
        ("training.learning_rate", -1.0, "learning rate is -1.0"),
        ("training.patience", -1, "patience is -1"),
        ("training.minutes", -1.0, "minutes is -1.0"),
        ("training.gradient_accumulation", 7, "cannot be cut into 7"),
        ("training.beta2", 1.5, "beta2 is 1.5"),
        ("compute.threads", -1, "threads is -1"),
        ("logging.checkpoints", 1, "checkpoints is 1"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_every_value_out_of_range_is_told_twice_and_nothing_starts(visit, field, value, words):
    at = visit("train")
    if isinstance(value, float):
        at.text_input(f"quick/{field}").set_value(str(value)).run()
    else:
        at.number_input(f"quick/{field}").set_value(value).run()
    assert [words in plain(said) for said in said(at.error)] == [True, True]
    assert start_buttons(at) == []
    assert not at.exception


def test_a_context_longer_than_the_text_is_told(visit):
    corpus = add_text("Short", "to be or not to be\n" * 10)
    at = visit("train", corpus=corpus.name)
    words = plain(at.error[0].value)
    assert "a context of 64 needs 65" in words
    assert "a context of at most 18" in words
    assert start_buttons(at) == []
    at.number_input("quick/model.context_length").set_value(18).run()
    assert not at.error
    assert len(start_buttons(at)) == 1
    assert not at.exception


def test_the_command_shown_describes_what_would_be_started(visit, launched):
    at = visit("train")
    at.number_input("quick/training.steps").set_value(7)
    at.text_input("quick/training.learning_rate").set_value("0.00025")
    at.selectbox("quick/model.position").set_value("sinusoidal")
    at.toggle("quick/model.bias").set_value(True)
    at.number_input("quick/seed").set_value(42)
    at.run()
    described = shown_config(at)
    start_buttons(at)[0].click().run()
    started = launched[0].config()
    assert started == described.changed({"corpus.sha256": started.corpus.sha256})
    assert (started.training.steps, started.seed) == (7, 42)
    assert not at.exception


def test_starting_creates_the_run_and_shows_it(visit, launched):
    at = visit("train", corpus="sentences")
    at.text_input("train-name").set_value("My *first* model").run()
    start_buttons(at)[0].click().run()
    (run,) = launched
    assert run.exists
    assert run.read("meta")["name"] == "My *first* model"
    assert at.query_params == {"run": run.id}
    assert said(at.title) == [escape("My *first* model")]
    assert not at.exception


def test_a_run_without_a_name_gets_one(visit, launched):
    at = visit("train", corpus="sentences")
    start_buttons(at)[0].click().run()
    assert launched[0].read("meta")["name"] == "Quick on Short sentences"
    assert not at.exception


def test_a_folder_that_cannot_be_written_is_told(visit, launched, unwritable_checkpoints):
    at = visit("train", corpus="sentences")
    start_buttons(at)[0].click().run()
    assert "could not be created" in plain(at.error[0].value)
    assert launched == []
    assert not at.exception


def test_a_text_that_cannot_be_had_is_told_and_nothing_starts(visit, offline):
    at = visit("train", corpus="tiny-shakespeare")
    assert "Tiny Shakespeare" in plain(box(at).error[0].value)
    assert start_buttons(at) == []
    assert not at.exception


def test_a_vocabulary_that_cannot_be_downloaded_is_told_and_nothing_starts(visit, offline):
    at = visit("train", corpus="sentences")
    at.selectbox("quick/tokenizer.kind").set_value("gpt2").run()
    assert "GPT-2's vocabulary" in plain(box(at).error[0].value)
    assert start_buttons(at) == []
    at.selectbox("quick/tokenizer.kind").set_value("bpe").run()
    assert not at.error
    assert len(start_buttons(at)) == 1
    assert not at.exception


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_shows_its_own_values(visit, preset):
    at = visit("train", preset=preset)
    assert (
        at.number_input(f"{preset}/training.steps").value == PRESETS[preset].config.training.steps
    )
    assert not at.exception


ADVANCED = {
    "training.schedule": "warmup_stable_decay",
    "training.decay_share": 0.4,
    "training.optimizer": "adamw",
    "training.momentum": 0.8,
    "training.epochs": 2.5,
    "training.patience": 3,
    "training.minutes": 1.0,
    "training.gradient_accumulation": 2,
    "compute.threads": 1,
    "compute.compile": True,
    "logging.sample_tokens": 7,
    "seed": 3,
}


def test_every_advanced_setting_reaches_the_run_from_the_form(visit, launched):
    at = visit("train", corpus="sentences")
    at.selectbox("quick/training.schedule").set_value("warmup_stable_decay").run()
    widgets = [*at.number_input, *at.text_input, *at.selectbox, *at.toggle]
    by_key = {widget.key: widget for widget in widgets if widget.key}
    for path, value in ADVANCED.items():
        by_key[f"quick/{path}"].set_value(str(value) if isinstance(value, float) else value)
    at.run()
    assert {path: at.query_params.get(path) for path in ADVANCED} == {
        path: str(value) for path, value in ADVANCED.items()
    }
    start_buttons(at)[0].click().run()
    config = launched[0].config()
    assert config == PRESETS["quick"].config.changed(
        {**ADVANCED, "corpus.name": "sentences", "corpus.sha256": config.corpus.sha256}
    )
    assert not at.exception


def test_a_link_reproduces_the_form_with_all_that_was_changed(visit):
    link = {path: str(value) for path, value in ADVANCED.items()}
    at = visit("train", preset="strong", corpus="sentences", name="Mine", **link)
    expected = {**ADVANCED, "corpus.name": "sentences"}
    assert shown_config(at) == PRESETS["strong"].config.changed(expected)
    assert box(at).text_input[0].value == "Mine"
    assert not at.error
    assert not at.exception


def test_what_was_typed_is_there_again_after_a_visit_to_another_page(visit):
    at = visit("train")
    at.number_input("quick/training.steps").set_value(77).run()
    at.text_input("train-name").set_value("Mine").run()
    go_to(at, "runs")
    assert said(at.title) != ["Train a model"]
    go_to(at, "train")
    assert at.number_input("quick/training.steps").value == 77
    assert at.text_input("train-name").value == "Mine"
    at.run()
    assert at.query_params == {"training.steps": "77", "name": "Mine"}
    assert shown_config(at).training.steps == 77
    assert not at.exception


def go_to(at, stem):
    at.query_params.clear()
    at.switch_page(f"pages/{stem}.py").run()


def test_the_settings_of_a_run_can_be_had_again(visit, gpt):
    at = visit("train", like=gpt.id)
    config = gpt.config()
    expected = config.changed({"corpus.sha256": ""})
    assert shown_config(at) == expected
    assert "A trained run" not in said(at.subheader)
    assert len(start_buttons(at)) == 1
    assert not at.error
    assert not at.exception


def test_a_fork_goes_on_where_the_link_says(visit, gpt, launched):
    step = list_checkpoints(gpt.weights)[1].step
    at = visit("train", **{"from": gpt.id, "at": str(step), "kind": "fork"})
    assert said(at.subheader)[0] == "A trained run"
    described = shown_config(at)
    assert (described.start.kind, described.start.run, described.start.step) == (
        "fork", gpt.id, step,
    )  # fmt: skip
    start_buttons(at)[0].click().run()
    (run,) = launched
    assert run.config() == described
    assert run.read("meta")["name"].endswith(", continued")
    assert not at.exception


def test_a_fork_that_has_no_step_left_is_told_beside_the_field(visit, gpt):
    step = list_checkpoints(gpt.weights)[-1].step
    at = visit("train", **{"from": gpt.id, "at": str(step), "training.steps": str(step)})
    assert "has nothing left to do" in beside(at, "Steps")[0]
    assert start_buttons(at) == []
    assert not at.exception


def test_fine_tuning_begins_with_the_weights_on_a_text_that_is_chosen(visit, gpt, launched):
    at = visit("train", **{"from": gpt.id, "kind": "fine_tune", "corpus": "sentences"})
    assert any("has never seen" in plain(words) for words in said(at.warning))
    start_buttons(at)[0].click().run()
    (run,) = launched
    config = run.config()
    assert (config.start.kind, config.corpus.name) == ("fine_tune", "sentences")
    assert config.model == gpt.config().model
    assert (run.path / "tokenizer.json").read_text() == (gpt.path / "tokenizer.json").read_text()
    assert not at.exception


def test_one_can_leave_a_trained_run_and_start_fresh(visit, gpt):
    at = visit("train", **{"from": gpt.id, "at": "10", "training.steps": "70"})
    at.button("start-fresh").click().run()
    assert at.query_params == {}
    assert shown_config(at) == PRESETS["quick"].config
    assert not at.exception


@pytest.mark.parametrize("name", ["like", "from"])
def test_a_run_that_is_gone_is_told_and_nothing_starts(visit, name):
    at = visit("train", **{name: "gone"})
    assert "There is no run called" in plain(at.error[0].value)
    assert start_buttons(at) == []
    assert not at.exception


def test_two_presses_start_one_run(visit, launched):
    at = visit("train", corpus="sentences")
    pressed = start_buttons(at)[0].click()
    what_the_browser_says = at._tree.get_widget_states()
    pressed.run()
    go_to(at, "runs")
    # The second press was made before the browser had heard of the first, on the page as it was.
    at.switch_page("pages/train.py")._run(what_the_browser_says)
    assert len(RunStore.default().all()) == 1
    assert not at.exception


def test_coming_back_to_start_the_same_again_starts_another_run(visit, launched):
    at = visit("train", corpus="sentences")
    start_buttons(at)[0].click().run()
    go_to(at, "train")
    start_buttons(at)[0].click().run()
    assert len(RunStore.default().all()) == 2
    assert not at.exception


def test_a_training_larger_than_is_allowed_here_is_refused(visit, monkeypatch):
    monkeypatch.setenv("MINIGPT_LARGEST_TRAINING", "1e6")
    at = visit("train")
    assert "times as large as is allowed" in beside(at, "Steps")[0]
    assert "times as large as is allowed" in plain(box(at).error[0].value)
    assert start_buttons(at) == []
    assert not at.exception


def test_what_does_not_fit_is_refused_in_the_box_and_no_step_of_it_is_timed(
    visit, this_machine, monkeypatch
):
    begun = time_nothing(monkeypatch)
    this_machine(available=25_300_000_000)
    large = {"model.width": 4096, "model.num_layers": 24, "model.num_heads": 32}
    large |= {"model.context_length": 1024, "training.batch_size": 64}
    at = visit("train", preset="quick", corpus="python-docs", **large)
    assert "25.3 GB are free" in plain(box(at).error[0].value)
    assert start_buttons(at) == begun == []
    assert not at.exception


@pytest.fixture
def twins():
    """Two texts of one title, as they lie in folders of earlier versions."""
    first, last = (add_text(title, text) for title, text in (("One", SMALL_TEXT), ("Two", OTHER)))
    for corpus in (first, last):
        about = data_folder() / "texts" / f"{corpus.name}.json"
        about.write_text(json.dumps({"title": "Same title", "characters": len(corpus.text)}))
    return first.name, last.name


@pytest.mark.parametrize("meant", [0, 1])
def test_of_two_texts_of_one_title_the_chosen_one_is_trained(visit, launched, twins, meant):
    at = visit("train", preset="transformer")
    for name in (twins[1 - meant], twins[meant]):
        at.selectbox("train-corpus").set_value(name).run()
    described = shown_config(at)
    start_buttons(at)[0].click().run()
    assert not at.exception
    assert [run.config().corpus.name for run in launched] == [twins[meant]]
    assert launched[0].config() == checked_config(described)


def test_what_the_box_has_not_shown_is_not_started(visit, launched, twins):
    at = visit("train", preset="transformer", corpus=twins[0])
    at.number_input("transformer/training.steps").set_value(123)
    start_buttons(at)[0].click().run()
    assert launched == []
    assert "press the button again" in box(at).info[0].value
    assert shown_config(at).training.steps == 123
    start_buttons(at)[0].click().run()
    assert [run.config().training.steps for run in launched] == [123]
    assert not at.exception


def test_the_tenth_to_judge_by_is_chosen_where_the_last_one_is_unfair(visit):
    story = "".join(f"the old bridge number {n} is near the mill\n" for n in range(900))
    terms = "".join(f"\u00a7 {n} THE LICENSEE SHALL NOT (A) SELL #{n}.\n" for n in range(120))
    name = add_text("Story with terms", story + terms).name
    at = visit("train", corpus=name)
    assert any("last tenth" in warning for warning in said(at.warning))
    at.button("judge-by-paragraphs").click().run()
    assert at.query_params["corpus.validation"] == "paragraphs"
    assert not any("tenth" in warning for warning in said(at.warning))
    assert "--set corpus.validation=paragraphs" in " ".join(texts(at))
    at.button("train-start").click().run()
    assert not at.exception
    [run] = RunStore.default().all()
    assert run.config().corpus.validation == "paragraphs"
