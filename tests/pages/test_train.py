import shlex

import pytest

from minigpt.cli import requested_config
from minigpt.cli_arguments import build_parser
from minigpt.corpora import add_text
from minigpt.runs.presets import PRESETS
from tests.ui.harness import plain, said
from ui.messages import escape

UNEQUAL = "A width of 30 cannot be shared equally by 4 heads."


def start_buttons(at):
    return [button for button in at.button if button.label == "Start training"]


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
    words = shlex.split(at.code[0].value)
    return requested_config(build_parser().parse_args(words[words.index("train") :]))


def test_the_page_opens_on_the_quick_preset_ready_to_start(visit):
    at = visit("train")
    assert said(at.title) == ["Train a model"]
    assert at.query_params == {"corpus": "tiny-shakespeare", "preset": "quick"}
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
    assert at.query_params == {"corpus": "tiny-shakespeare", "preset": "quick"}
    assert not at.exception


def test_a_width_that_heads_cannot_share_is_told_beside_the_field_and_in_the_box(visit):
    at = visit("train")
    at.number_input("quick/model.width").set_value(30).run()
    assert [words.startswith(UNEQUAL) for words in beside(at, "Width")] == [True]
    assert beside(at, "Num heads") == []
    assert plain(box(at).error[0].value).startswith(UNEQUAL)
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
        ("logging.checkpoints", 1, "checkpoints is 1"),
        ("seed", -1, "seed is -1"),
    ],
)
def test_every_value_out_of_range_is_told_twice_and_nothing_starts(visit, field, value, words):
    at = visit("train")
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
    at.number_input("quick/training.learning_rate").set_value(0.00025)
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
    at.text_input[0].set_value("My *first* model").run()
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
