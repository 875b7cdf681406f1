import pytest

from minigpt.runs.presets import PRESETS
from minigpt.runs.store import RunStore
from tests.ui.harness import made_run, plain, said, tiny_config


def show():
    import streamlit as st

    from ui.screens.train.start import choose_starting_point, describes_form, is_page_key
    from ui.session.form_state import open_form

    open_form("train", owns=is_page_key, restarts=describes_form)
    st.session_state["starting_point"] = choose_starting_point()


def buttons(at):
    return {button.key: button for button in at.button}


@pytest.mark.parametrize("preset", PRESETS)
def test_a_link_chooses_a_preset(draw, preset):
    at = draw(show, query={"preset": preset})
    starting_point = at.session_state["starting_point"]
    assert (starting_point.preset, starting_point.base) == (preset, PRESETS[preset].config)
    assert PRESETS[preset].description in said(at.caption)
    assert not at.exception


def test_the_first_preset_needs_no_word_in_the_address(draw):
    at = draw(show)
    assert at.session_state["starting_point"].preset == "quick"
    assert at.query_params == {}
    at.button_group[0].set_value("bigram").run()
    assert at.query_params == {"preset": "bigram"}
    at.button_group[0].set_value("quick").run()
    assert at.query_params == {}
    assert not at.exception


def test_another_preset_forgets_what_was_changed_on_the_last(draw):
    at = draw(show, query={"training.steps": "5", "corpus": "sentences"})
    at.button_group[0].set_value("strong").run()
    assert at.query_params == {"preset": "strong", "corpus": "sentences"}
    assert not at.exception


def test_a_trained_run_is_offered_where_there_is_one(draw):
    assert "begin-with-run" not in buttons(draw(show))


def test_one_can_begin_with_a_trained_run_and_go_back(draw):
    run = made_run()
    at = draw(show, query={"training.steps": "5"})
    buttons(at)["begin-with-run"].click().run()
    assert at.query_params == {"from": run.id}
    assert at.session_state["starting_point"].source.id == run.id
    buttons(at)["start-fresh"].click().run()
    assert at.query_params == {}
    assert at.session_state["starting_point"].preset == "quick"
    assert not at.exception


def test_like_takes_the_settings_of_a_run_and_nothing_else(draw):
    fork = tiny_config(start__kind="fork", start__run="gone", start__step=5, seed=9)
    run = made_run(name="The *first*", config=fork)
    at = draw(show, query={"like": run.id})
    starting_point = at.session_state["starting_point"]
    assert starting_point.base == tiny_config(seed=9)
    assert (starting_point.source, starting_point.preset) == (None, None)
    assert starting_point.title == "The *first*, again"
    assert any("The *first*" in plain(words) for words in said(at.caption))
    assert not at.exception


def test_a_large_file_of_a_run_is_not_taken_along(draw):
    run = made_run(config=tiny_config(corpus__path="/somewhere/large.txt", corpus__sha256="0"))
    base = draw(show, query={"like": run.id}).session_state["starting_point"].base
    assert (base.corpus.path, base.corpus.sha256) == ("", "")


def test_tokens_that_came_with_a_model_give_way_to_characters(draw):
    run = made_run(config=tiny_config(tokenizer__kind="imported"))
    at = draw(show, query={"like": run.id})
    assert at.session_state["starting_point"].base.tokenizer.kind == "character"
    assert any("characters instead" in words for words in said(at.caption))
    assert not at.exception


@pytest.mark.parametrize("name", ["like", "from"])
@pytest.mark.parametrize("run", ["gone", "../../etc", "<b>"])
def test_a_run_that_is_gone_is_told_with_a_way_out(draw, name, run):
    at = draw(show, query={name: run})
    assert "There is no run called" in plain(at.error[0].value)
    assert "starting_point" not in at.session_state
    buttons(at)["start-fresh"].click().run()
    assert at.session_state["starting_point"].preset == "quick"
    assert not at.exception


def test_a_run_without_weights_cannot_be_begun_with(draw):
    run = RunStore.default().create(tiny_config(), name="New")
    at = draw(show, query={"from": run.id})
    assert "has saved no weights" in plain(at.error[0].value)
    assert not at.exception
