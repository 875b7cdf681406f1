import dataclasses

import pytest

from minigpt.configuration import field_help
from minigpt.errors import ConfigurationError
from minigpt.models.configs import GPTConfig
from minigpt.runs.config import LoggingConfig, RunConfig, TokenizerConfig
from minigpt.tokenizers import TOKENIZERS
from minigpt.training.config import ComputeConfig, TrainingConfig
from tests.ui.harness import plain, said
from ui.forms.form import Form
from ui.forms.labels import label, meaning_of_zero


def show(complaint=None):
    import streamlit as st

    from minigpt.errors import ConfigurationError
    from minigpt.runs.config import RunConfig
    from ui.forms.form import Form
    from ui.forms.labels import field_names

    config = RunConfig()
    form = Form(key="test")
    for section in ("model", "training", "compute", "logging"):
        names = field_names(type(getattr(config, section)))
        form.draw(config, [f"{section}.{name}" for name in names])
    form.draw(config, ["seed"])
    st.session_state["values"] = form.values
    if complaint:
        form.complain(ConfigurationError(complaint["message"], field=complaint["field"]))


def column_of(at, words):
    """The column that holds the widget of this label."""
    return next(
        column
        for column in at.columns
        if any(widget.label == words for widget in [*column.number_input, *column.toggle])
    )


def test_an_untouched_form_says_what_the_defaults_say(draw):
    at = draw(show)
    assert RunConfig().changed(at.session_state["values"]) == RunConfig()
    assert not at.exception


def test_every_field_has_a_widget_with_a_label_and_help(draw):
    at = draw(show)
    widgets = [*at.number_input, *at.text_input, *at.selectbox, *at.toggle]
    fields = [*dataclasses.fields(GPTConfig), *dataclasses.fields(TrainingConfig)]
    assert {label(field.name) for field in fields} <= {widget.label for widget in widgets}
    assert all(widget.help for widget in widgets)
    assert not at.exception


def test_under_each_field_that_zero_turns_off_stands_what_zero_means(draw):
    at = draw(show)
    assert "0 means never." in said(column_of(at, label("patience")).caption)
    texts = [*field_help(TrainingConfig).values(), *field_help(GPTConfig).values()]
    texts += [*field_help(ComputeConfig).values(), *field_help(LoggingConfig).values()]
    assert sorted(said(at.caption)) == sorted(filter(None, map(meaning_of_zero, texts)))
    at.number_input("test/training.patience").set_value(3).run()
    assert "0 means never." in said(column_of(at, label("patience")).caption)


def test_what_is_changed_on_the_form_changes_the_configuration(draw):
    at = draw(show)
    at.number_input("test/model.width").set_value(32)
    at.text_input("test/training.learning_rate").set_value("0.01")
    at.selectbox("test/model.activation").set_value("relu_squared")
    at.toggle("test/model.bias").set_value(False)
    at.number_input("test/seed").set_value(7)
    at.run()
    config = RunConfig().changed(at.session_state["values"])
    expected = {
        "model.width": 32,
        "training.learning_rate": 0.01,
        "model.activation": "relu_squared",
        "model.bias": False,
        "seed": 7,
    }
    assert config == RunConfig().changed(expected)
    assert not at.exception


def test_choices_read_as_words(draw):
    at = draw(show)
    assert "ReLU squared" in at.selectbox("test/model.activation").options
    assert not at.exception


def test_a_complaint_stands_beside_its_field_and_nowhere_else(draw):
    at = draw(show, complaint={"message": "Too *wide*", "field": "model.width"})
    assert [plain(words) for words in said(column_of(at, "Width").error)] == ["Too *wide*"]
    assert len(at.error) == 1
    assert "*wide*" not in at.error[0].value
    assert not at.exception


@pytest.mark.parametrize("field", ["corpus", "training.unheard_of", None])
def test_a_complaint_about_what_is_not_on_the_form_is_left_to_others(draw, field):
    at = draw(show, complaint={"message": "Too short", "field": field})
    assert not at.error
    assert not at.exception


def show_tokenizer(kind, size):
    import streamlit as st

    from minigpt.runs.config import TokenizerConfig
    from ui.forms.form import Form

    form = Form(key="test")
    form.draw_tokenizer(TokenizerConfig(kind=kind, vocabulary_size=size))
    st.session_state["values"] = form.values


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_a_vocabulary_size_is_asked_for_only_where_it_is_a_choice(draw, kind):
    at = draw(show_tokenizer, kind=kind, size=None)
    default = TOKENIZERS[kind].default_vocabulary_size
    assert [field.value for field in at.number_input] == ([] if default is None else [default])
    values = at.session_state["values"]
    assert values == {"tokenizer.kind": kind, "tokenizer.vocabulary_size": default}
    assert RunConfig().changed(values).tokenizer == TokenizerConfig(
        kind=kind, vocabulary_size=default
    )
    assert not at.exception


def test_another_tokenizer_brings_its_own_size(draw):
    at = draw(show_tokenizer, kind="character", size=None)
    at.selectbox[0].set_value("bpe").run()
    assert at.number_input[0].value == TOKENIZERS["bpe"].default_vocabulary_size
    at.number_input[0].set_value(300).run()
    assert at.session_state["values"]["tokenizer.vocabulary_size"] == 300
    assert not at.exception


def test_a_field_of_a_kind_that_has_no_widget_is_refused():
    with pytest.raises(TypeError, match="no widget"):
        Form(key="test").draw(RunConfig(), ["start.step"])


def show_text():
    import streamlit as st

    from minigpt.runs.config import RunConfig
    from ui.forms.form import Form

    form = Form(key="test")
    form.draw(RunConfig(), ["logging.attention_text"])
    st.session_state["values"] = dict(form.values)


def test_a_text_is_typed_and_kept(draw):
    at = draw(show_text)
    assert at.session_state["values"] == {"logging.attention_text": ""}
    at.text_input[0].set_value("the sea").run()
    assert at.session_state["values"] == {"logging.attention_text": "the sea"}
    assert at.query_params == {"logging.attention_text": "the sea"}
    assert not at.exception


def test_what_is_changed_is_kept_in_the_address_and_what_is_not_is_not(draw):
    at = draw(show)
    at.number_input("test/model.width").set_value(32).run()
    at.toggle("test/model.bias").set_value(False).run()
    at.selectbox("test/training.schedule").set_value("linear").run()
    assert at.query_params == {
        "model.width": "32",
        "model.bias": "False",
        "training.schedule": "linear",
    }
    at.number_input("test/model.width").set_value(64).run()
    assert "model.width" not in at.query_params
    assert not at.exception


SETTINGS = {
    "training.steps": 77,
    "training.learning_rate": 0.00025,
    "training.schedule": "warmup_stable_decay",
    "model.bias": False,
    "seed": 2**53 - 1,
}


def show_linked():
    import streamlit as st

    from minigpt.runs.config import RunConfig
    from ui.forms.form import Form
    from ui.session.form_state import open_form

    open_form("test", owns=lambda name: True, restarts=lambda name: True)
    form = Form(key="test")
    paths = ["training.steps", "training.learning_rate", "training.schedule", "model.bias", "seed"]
    form.draw(RunConfig(), paths)
    st.session_state["values"] = form.values


def test_a_link_fills_in_the_form(draw):
    at = draw(show_linked, query={path: str(value) for path, value in SETTINGS.items()})
    assert at.session_state["values"] == SETTINGS
    assert at.number_input("test/training.steps").value == 77
    assert not at.exception


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("training.steps", "many"),
        ("training.steps", "1.5"),
        ("training.steps", ""),
        ("training.steps", str(2**53)),
        ("training.steps", f"-{2**60}"),
        ("training.learning_rate", "nan"),
        ("training.learning_rate", "1e999"),
        ("training.schedule", "<script>"),
        ("model.bias", "perhaps"),
        ("seed", str(2**70)),
    ],
)
def test_a_link_that_makes_no_sense_leaves_the_default(draw, path, value):
    at = draw(show_linked, query={path: value})
    assert RunConfig().changed(at.session_state["values"]) == RunConfig()
    assert not at.exception


def show_ruled():
    import streamlit as st

    from minigpt.runs.config import RunConfig
    from ui.forms.form import Form
    from ui.forms.rules import Rule

    rules = {
        "training.schedule": Rule(options=("linear", "cosine"), note="Only two today."),
        "training.decay_share": Rule(off="It would do nothing."),
        "compute.device": Rule(options=("cpu",)),
    }
    form = Form(key="test", rules=lambda path, values: rules.get(path, Rule()))
    with form.folded("Drawer"):
        form.draw(RunConfig(), list(rules))
    form.draw(RunConfig(), ["training.steps"])
    st.session_state["form"] = form


def test_rules_narrow_choices_explain_and_switch_off(draw):
    at = draw(show_ruled)
    schedule = at.selectbox("test/training.schedule")
    assert (len(schedule.options), schedule.value) == (2, "cosine")
    assert schedule.help.endswith("Only two today.")
    share = at.text_input("test/training.decay_share")
    assert share.disabled
    assert share.help.endswith("It would do nothing.")
    assert not at.number_input("test/training.steps").disabled
    assert not at.exception


def test_a_default_that_cannot_be_had_here_gives_way_to_the_first_that_can(draw):
    at = draw(show_ruled)
    assert at.session_state["form"].values["compute.device"] == "cpu"
    assert not at.exception


def test_a_form_knows_what_it_has_folded_away(draw):
    form = draw(show_ruled).session_state["form"]
    assert form.fold_of(ConfigurationError("x", field="training.schedule")) == "Drawer"
    assert form.fold_of(ConfigurationError("x", field="training.steps")) == ""
    assert form.fold_of(ConfigurationError("x")) == ""


NUMBERS = [
    ("0,001", 0.001, "0.001"),
    ("3,5", 3.5, "3.5"),
    ("1e-5", 1e-5, "0.00001"),
    (" 2 ", 2.0, "2"),
]


@pytest.mark.parametrize(("typed", "value", "shown"), NUMBERS)
def test_a_number_is_understood_with_a_comma_and_shown_back(draw, typed, value, shown):
    at = draw(show)
    at.text_input("test/training.weight_decay").set_value(typed).run()
    assert at.session_state["values"]["training.weight_decay"] == value
    assert at.text_input("test/training.weight_decay").value == shown
    at.run()
    assert at.text_input("test/training.weight_decay").value == shown
    assert at.session_state["values"]["training.weight_decay"] == value


@pytest.mark.parametrize("typed", ["1,000", "a lot", "", "1.5,3"])
def test_what_is_no_number_stays_and_is_refused_by_the_settings(draw, typed):
    at = draw(show)
    at.text_input("test/training.weight_decay").set_value(typed).run()
    assert at.text_input("test/training.weight_decay").value == typed
    with pytest.raises(ConfigurationError) as refused:
        RunConfig().changed(at.session_state["values"])
    assert refused.value.field == "training.weight_decay"


def test_an_address_with_a_decimal_comma_is_understood(draw):
    at = draw(show_linked, query={"training.learning_rate": "0,25"})
    assert at.text_input("test/training.learning_rate").value == "0.25"
    assert at.session_state["values"]["training.learning_rate"] == 0.25
