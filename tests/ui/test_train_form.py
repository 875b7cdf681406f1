import pytest

from minigpt.errors import ConfigurationError, CorpusError
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import PRESETS
from tests.ui.harness import said
from ui.forms import Form
from ui.train_form import configuration, suggested_name


def show():
    import streamlit as st

    from ui import train_form

    text = train_form.choose_text()
    preset, form = train_form.choose_settings()
    st.session_state["chosen"] = (text, preset, form.values)


@pytest.mark.parametrize("preset", PRESETS)
def test_an_untouched_form_is_the_preset(draw, preset):
    at = draw(show, query={"preset": preset})
    text, chosen, values = at.session_state["chosen"]
    assert (text, chosen) == ("tiny-shakespeare", preset)
    assert RunConfig.from_dict(PRESETS[preset].config.changed(values).to_dict()) == (
        PRESETS[preset].config
    )
    assert not at.exception


@pytest.mark.parametrize("preset", PRESETS)
def test_every_setting_of_a_preset_is_on_the_form(draw, preset):
    at = draw(show, query={"preset": preset})
    _, _, values = at.session_state["chosen"]
    config = PRESETS[preset].config.to_dict()
    expected = {
        f"{section}.{name}"
        for section in ("model", "training", "logging", "tokenizer")
        for name in config[section]
        if name != "rung"
    }
    assert expected | {"seed"} == set(values)
    assert not at.exception


def test_presets_and_texts_say_what_they_are(draw):
    at = draw(show, query={"preset": "bigram", "corpus": "sentences"})
    assert PRESETS["bigram"].description in said(at.caption)
    assert any("150 simple sentences" in words for words in said(at.caption))
    assert any("**Bigram.**" in words for words in said(at.markdown))
    assert not at.exception


def test_another_preset_brings_its_own_values_back(draw):
    at = draw(show)
    at.number_input("quick/training.steps").set_value(7).run()
    at.button_group[0].set_value("bigram").run()
    assert at.session_state["chosen"][2]["training.steps"] == 5000
    assert at.query_params["preset"] == "bigram"
    assert not at.exception


def form(**values):
    changes = {name.replace("__", "."): value for name, value in values.items()}
    return Form(key="test", values=changes)


def test_a_configuration_is_preset_plus_form_plus_text():
    config = configuration("quick", form(training__steps=5, seed=9), "sentences")
    expected = {"training.steps": 5, "seed": 9, "corpus.name": "sentences"}
    assert config == PRESETS["quick"].config.changed(expected)


def test_what_cannot_work_names_its_field():
    with pytest.raises(ConfigurationError, match="shared equally") as refused:
        configuration("quick", form(model__width=30), "sentences")
    assert refused.value.field == "model.width"
    with pytest.raises(CorpusError, match="validation part"):
        configuration("quick", form(model__context_length=8000), "sentences")


def test_a_name_is_suggested():
    assert suggested_name("quick", "sentences") == "Quick on Short sentences"
