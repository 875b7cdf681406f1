import dataclasses

import pytest

from minigpt.corpora import CORPORA, add_text
from minigpt.errors import ConfigurationError, CorpusError
from minigpt.models import LADDER
from minigpt.runs.config import RunConfig, StartConfig
from minigpt.runs.presets import PRESETS
from tests.ui.harness import made_run, plain, said, tiny_config
from ui.forms.form import Form
from ui.screens.train.form import configuration, suggested_name
from ui.screens.train.starting_point import StartingPoint


def show():
    import streamlit as st

    from ui.screens.train.form import choose_settings, choose_text
    from ui.screens.train.starting_point import choose_starting_point, describes_form, is_page_key
    from ui.session.form_state import open_form

    open_form("train", owns=is_page_key, restarts=describes_form)
    starting_point = choose_starting_point()
    text = choose_text(starting_point)
    form = choose_settings(starting_point)
    st.session_state["chosen"] = (text, starting_point, form.values)


@pytest.mark.parametrize("preset", PRESETS)
def test_an_untouched_form_is_the_preset(draw, preset):
    at = draw(show, query={"preset": preset})
    text, starting_point, values = at.session_state["chosen"]
    assert (text, starting_point.preset) == ("tiny-shakespeare", preset)
    assert RunConfig.from_dict(PRESETS[preset].config.changed(values).to_dict()) == (
        PRESETS[preset].config
    )
    assert at.query_params == {"preset": preset}
    assert not at.exception


@pytest.mark.parametrize("preset", PRESETS)
def test_every_setting_of_a_preset_is_on_the_form(draw, preset):
    at = draw(show, query={"preset": preset})
    _, _, values = at.session_state["chosen"]
    config = PRESETS[preset].config.to_dict()
    expected = {
        f"{section}.{name}"
        for section in ("model", "training", "compute", "logging", "tokenizer")
        for name in config[section]
    }
    assert expected | {"seed", "corpus.validation"} == set(values)
    assert not at.exception


def test_presets_texts_and_models_say_what_they_are(draw):
    at = draw(show, query={"preset": "bigram", "corpus": "sentences"})
    assert PRESETS["bigram"].description in said(at.caption)
    assert any("150 simple sentences" in words for words in said(at.caption))
    assert LADDER["bigram"].description in said(at.caption)
    assert not at.exception


def test_another_preset_brings_its_own_values_back(draw):
    at = draw(show)
    at.number_input("quick/training.steps").set_value(7).run()
    at.button_group("train-preset").set_value("bigram").run()
    assert at.session_state["chosen"][2]["training.steps"] == 5000
    at.button_group("train-preset").set_value("quick").run()
    assert at.session_state["chosen"][2] == untouched(draw)
    assert not at.exception


def untouched(draw):
    return draw(show).session_state["chosen"][2]


@pytest.mark.parametrize("rung", LADDER)
def test_every_rung_can_be_chosen_and_brings_its_own_shape(draw, rung):
    at = draw(show, query={"model.width": "48", "preset": "transformer"})
    at.button_group("train-rung").set_value(rung).run()
    config = PRESETS["transformer"].config.changed(at.session_state["chosen"][2])
    assert config.rung == rung
    assert rung == "transformer" or config.model == LADDER[rung].config()
    assert at.query_params.get("model.rung") == (None if rung == "transformer" else rung)
    assert not at.exception


def test_a_link_to_a_model_that_does_not_exist_shows_that_of_the_preset(draw):
    at = draw(show, query={"model.rung": "odd"})
    assert at.session_state["chosen"][2]["model.rung"] == "gpt"
    assert not at.exception


def test_a_text_chosen_on_another_page_is_shown_and_put_into_the_address(draw):
    at = draw(show)
    at.selectbox("train-corpus").set_value("sentences").run()
    assert at.query_params == {"corpus": "sentences"}
    at.selectbox("train-corpus").set_value("tiny-shakespeare").run()
    assert at.query_params == {}
    assert at.session_state["last-corpus"] == "tiny-shakespeare"
    at.session_state["last-corpus"] = "addition"
    at.run()
    assert at.session_state["chosen"][0] == "addition"
    at.run()
    assert at.query_params == {"corpus": "addition"}
    assert not at.exception


def test_a_preset_made_for_a_text_of_its_own_says_so(draw):
    words = "This preset is made for the text “Short sentences”; choose that one here."
    assert words in said(draw(show, query={"preset": "tinygpt-words"}).caption)
    at = draw(show, query={"preset": "tinygpt-words", "corpus": "sentences"})
    assert words not in said(at.caption)


def test_the_same_again_begins_with_the_text_of_that_run(draw):
    run = made_run(config=tiny_config(corpus__name="sentences"))
    at = draw(show, query={"like": run.id})
    text, starting_point, values = at.session_state["chosen"]
    assert text == "sentences"
    assert starting_point.base.changed(values) == tiny_config(corpus__name="sentences")
    assert at.query_params == {"like": run.id}
    assert not at.exception


def test_the_same_again_on_a_text_that_is_gone_takes_the_first(draw):
    run = made_run(config=tiny_config(corpus__name="gone"))
    assert draw(show, query={"like": run.id}).session_state["chosen"][0] == "tiny-shakespeare"


def test_a_fork_keeps_text_and_model(draw):
    run = made_run()
    at = draw(show, query={"from": run.id})
    text, _, values = at.session_state["chosen"]
    assert text == "tiny-shakespeare"
    assert not [box for box in at.selectbox if box.label in ("Text", "Tokens")]
    assert {path.partition(".")[0] for path in values} == {
        "training", "compute", "logging", "seed", "model",
    }  # fmt: skip
    assert [path for path in values if path.startswith("model.")] == ["model.dropout"]
    assert not at.exception


def test_before_fine_tuning_one_is_told_what_the_model_does_not_know(draw):
    run = made_run()
    strange = add_text("Strange", "Ωmega and Ψ, again and again.\n" * 30)
    at = draw(show, query={"from": run.id, "kind": "fine_tune", "corpus": strange.name})
    note = plain(at.warning[0].value)
    assert "'Ψ', 'Ω'" in note
    assert "of this text will be left out" in note
    known = draw(show, query={"from": run.id, "kind": "fine_tune"})
    assert not any("never seen" in words for words in said(known.warning))
    assert not at.exception


def test_a_text_that_cannot_be_had_for_fine_tuning_is_told(draw, monkeypatch):
    run = made_run()

    def refuse():
        raise CorpusError("The text is out of reach.")

    source = dataclasses.replace(CORPORA["sentences"], read=refuse)
    monkeypatch.setitem(CORPORA, "sentences", source)
    at = draw(show, query={"from": run.id, "kind": "fine_tune", "corpus": "sentences"})
    assert "out of reach" in plain(at.error[0].value)
    assert not at.exception


def test_fields_without_effect_are_switched_off(draw):
    at = draw(show, query={"preset": "bigram"})
    share = at.text_input("bigram/training.decay_share")
    assert share.disabled
    at.selectbox("bigram/training.schedule").set_value("warmup_stable_decay").run()
    assert not at.text_input("bigram/training.decay_share").disabled
    assert not at.exception


def test_only_what_this_machine_can_do_is_offered(draw):
    at = draw(show)
    device = at.selectbox("quick/compute.device")
    assert device.options[:2] == ["The best there is", "Processor (cpu)"]
    assert "computer has" in device.help or "Mac" in device.help
    assert not at.exception


def starting_point(**values):
    preset = values.pop("preset", "quick")
    known = {"key": preset, "title": PRESETS[preset].title, "base": PRESETS[preset].config}
    return StartingPoint(**(known | {"preset": preset} | values))


def form(**values):
    changes = {name.replace("__", "."): value for name, value in values.items()}
    return Form(key="test", values=changes)


def test_a_configuration_is_preset_plus_form_plus_text():
    config = configuration(starting_point(), form(training__steps=5, seed=9), "sentences")
    expected = {"training.steps": 5, "seed": 9, "corpus.name": "sentences"}
    assert config == PRESETS["quick"].config.changed(expected)


def test_what_cannot_work_names_its_field():
    with pytest.raises(ConfigurationError, match="shared equally") as refused:
        configuration(starting_point(preset="transformer"), form(model__width=30), "sentences")
    assert refused.value.field == "model.width"
    with pytest.raises(CorpusError, match="validation part"):
        configuration(starting_point(), form(model__context_length=8000), "sentences")


def derived(kind):
    run = made_run()
    base = run.config().changed({"training.steps": 40})
    start = StartConfig(kind=kind, run=run.id, step=20)
    return starting_point(preset="quick", base=base, source=run, start=start)


def test_a_fork_goes_on_with_what_was_changed():
    ground = derived("fork")
    changes = form(training__steps=30, training__learning_rate=0.5)
    config = configuration(ground, changes, "ignored")
    assert config.start == ground.start
    assert config.corpus == ground.source.config().corpus
    assert (config.training.steps, config.training.learning_rate) == (30, 0.5)
    with pytest.raises(ConfigurationError, match="nothing left") as refused:
        configuration(ground, form(training__steps=20), "ignored")
    assert refused.value.field == "training.steps"


def test_fine_tuning_takes_the_chosen_text():
    ground = derived("fine_tune")
    config = configuration(ground, form(training__steps=5), "sentences")
    assert (config.corpus.name, config.training.steps) == ("sentences", 5)
    assert config.model == ground.base.model


def test_a_run_gets_a_name_that_says_what_it_is():
    assert suggested_name(starting_point(), "sentences") == "Quick on Short sentences"
    again = dataclasses.replace(starting_point(), preset=None, title="Mine, again")
    assert suggested_name(again, "tiny-shakespeare") == "Mine, again"
    assert suggested_name(again, "sentences") == "Mine, again on Short sentences"
