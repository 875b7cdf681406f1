import threading
import time
from itertools import islice

import pytest

from minigpt.runs.trained_model import open_model
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from tests.ui.harness import made_run, plain, said, save_weights
from ui.screens.generate.one_text import settings_in_words, text_file
from ui.services import writing
from ui.services.models import trained_model
from ui.services.writing import writers_of
from ui.session.texts import KEY, TextSettings, WrittenText

PROMPT = "ROMEO: "


def show(run_id, prompt, step=20):
    import streamlit as st

    from minigpt.errors import MiniGPTError
    from ui import messages
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate.earlier import show_earlier
    from ui.screens.generate.knobs import knobs
    from ui.screens.generate.write import draw_text, settings_of, show_written
    from ui.services.models import trained_model

    step = st.session_state.get("step", step)
    run_id = st.session_state.get("run", run_id)
    chosen = ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step))
    prompt = st.text_input("Prompt", prompt)
    asked = None
    try:
        sampling, tokens, seed = knobs()
        st.session_state["knobs"] = (sampling, tokens, seed)
        asked = settings_of(chosen, prompt, sampling, tokens=tokens, seed=seed)
        if st.button("Go"):
            draw_text(chosen, asked)
        else:
            show_written(asked)
    except MiniGPTError as error:
        messages.show_error(error)
    show_earlier(asked)


def press(at):
    next(button for button in at.button if button.label == "Go").click().run()
    return at


def expected(run, sampling, *, tokens, seed, prompt=PROMPT):
    opened = open_model(run, step=20)
    drawn = generate(opened.model, opened.tokenizer.encode(prompt), sampling, seed=seed)
    return prompt + opened.tokenizer.decode([token.id for token in islice(drawn, tokens)])


def test_knobs_begin_where_the_sampling_does(draw):
    at = draw(show, run_id=made_run().id, prompt=PROMPT)
    assert at.session_state["knobs"] == (SamplingConfig(), 200, 1337)
    assert all(knob.help for knob in [*at.slider, *at.number_input])
    assert not at.exception


def test_a_link_turns_the_knobs(draw):
    link = {"temperature": "0", "top_k": "3", "top_p": "0.5", "tokens": "10", "seed": "7"}
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query=link)
    sampling = SamplingConfig(temperature=0.0, top_k=3, top_p=0.5)
    assert at.session_state["knobs"] == (sampling, 10, 7)
    assert not at.exception


def test_a_link_that_asks_for_the_impossible_is_ignored(draw):
    link = {"temperature": "99", "top_k": "-1", "top_p": "x", "tokens": "1000000", "seed": "-5"}
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query=link)
    assert at.session_state["knobs"] == (SamplingConfig(), 200, 1337)
    assert not at.exception


@pytest.mark.parametrize("name", ["temperature", "top_k", "top_p", "tokens", "seed"])
@pytest.mark.parametrize("value", ["1e400", "nan", "-inf", "9" * 400, "1e400,2", "\u0663"])
def test_a_link_with_a_number_that_is_none_is_ignored(draw, name, value):
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query={name: value, "seed": "7"})
    assert at.session_state["knobs"][0] in (SamplingConfig(), SamplingConfig(top_k=3))
    assert not at.exception


@pytest.mark.parametrize(
    "settings",
    [{"temperature": "0.8"}, {"temperature": "0"}, {"top_k": "2"}, {"top_p": "0.3"}],
)
def test_the_text_shown_is_what_the_generator_draws(draw, settings):
    run = made_run()
    link = {"tokens": "30", "seed": "5", **settings}
    at = press(draw(show, run_id=run.id, prompt=PROMPT, query=link))
    sampling, _, _ = at.session_state["knobs"]
    assert said(at.code) == [expected(run, sampling, tokens=30, seed=5)]
    assert any(words.startswith("30 tokens at step 20, ") for words in said(at.caption))
    assert not at.exception


def earlier(at):
    """The labels of the buttons that belong to texts with other settings."""
    return [button.label for button in at.button if button.label == "Use these settings"]


def test_what_was_written_stays_with_its_settings_when_they_change(draw):
    at = draw(show, run_id=made_run(name="Sea").id, prompt=PROMPT, query={"tokens": "10"})
    assert "appears here" in said(at.caption)[-1]
    written = said(press(at).code)
    assert "Sea · step 20 · temperature 0.8 · seed 1337" in map(plain, said(at.caption))
    assert earlier(at) == []
    at.slider[0].set_value(1.5).run()
    assert said(at.code) == written
    assert "appears here" in said(at.caption)[0], "these settings have written nothing yet"
    assert said(at.subheader) == ["Written before, with other settings"]
    assert "Sea · step 20 · temperature 0.8 · seed 1337" in map(plain, said(at.caption))
    assert not at.exception


def test_the_text_of_the_settings_on_the_screen_is_shown_again_when_they_return(draw):
    at = press(draw(show, run_id=made_run().id, prompt=PROMPT, query={"tokens": "10"}))
    [first] = said(at.code)
    at.slider[0].set_value(1.5).run()
    [second, _] = said(press(at).code)
    assert second != first
    at.slider[0].set_value(0.8).run()
    assert said(at.code) == [first, second]
    assert len(earlier(at)) == 1
    assert not at.exception


def test_one_model_is_never_shown_with_what_another_wrote(draw):
    one, other = made_run(name="One"), made_run(name="Other")
    save_weights(other, other.config(), (20,), seed=1)
    at = press(draw(show, run_id=one.id, prompt=PROMPT, query={"tokens": "10"}))
    at.session_state["run"] = other.id
    at.run()
    assert "appears here" in said(at.caption)[0]
    press(at)
    names = [plain(words).split(" · ")[0] for words in said(at.caption) if " · step" in words]
    assert names == ["Other", "One"]
    sampling = SamplingConfig()
    assert said(at.code) == [expected(run, sampling, tokens=10, seed=1337) for run in (other, one)]
    assert not at.exception


def test_settings_can_be_had_back(draw):
    link = {"tokens": "10", "top_k": "3", "top_p": "0.5", "seed": "7", "temperature": "0.5"}
    run = made_run()
    at = press(draw(show, run_id=run.id, prompt=PROMPT, query=link))
    asked = at.session_state["knobs"]
    [text] = said(at.code)
    at.slider[0].set_value(1.5).run()
    at.number_input[0].set_value(0).run()
    assert at.session_state["knobs"] != asked
    next(button for button in at.button if button.label == "Use these settings").click().run()
    assert at.session_state["knobs"] == asked
    assert said(at.code) == [text]
    assert earlier(at) == []
    assert at.query_params["run"] == run.id
    assert (at.query_params["step"], at.query_params["prompt"]) == ("20", PROMPT)
    assert not at.exception


def test_a_text_that_was_stopped_is_kept_and_says_how_far_it_got(draw):
    at = press(draw(show, run_id=made_run().id, prompt=PROMPT, query={"tokens": "10"}))
    [text] = at.session_state[KEY]
    text.text, text.length = text.text[:-4], 6  # as the loop leaves it when it is ended
    at.run()
    assert said(at.code) == [text.text]
    assert any(words.startswith("6 of 10 tokens at step 20, ") for words in said(at.caption))
    assert not at.exception


def test_a_text_is_taken_home_with_what_it_takes_to_write_it_again():
    settings = TextSettings(
        run="sea-1", step=20, prompt="A", temperature=0.5, top_k=3, top_p=0.9, tokens=2, seed=7
    )
    text = WrittenText(settings=settings, model="Sea", text="A b\nc", length=2)
    words = text_file(text).decode("utf-8")
    assert words.startswith("A b\nc\n\n---\nmodel: 'Sea'\nrun: 'sea-1'\nstep: 20\n")
    assert settings_in_words(text) == (
        "Sea · step 20 · temperature 0.5 · top-k 3 · top-p 0.9 · seed 7"
    )


def test_a_prompt_that_cannot_be_read_is_refused_and_costs_nothing(draw):
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query={"tokens": "10"})
    written = said(press(at).code)
    at.text_input[0].set_value("50%")
    press(at)
    assert "never seen '%'" in plain(at.error[0].value)
    at.run()
    assert said(at.code) == written
    assert not at.exception


def test_who_has_to_wait_gets_the_same_text(draw, monkeypatch):
    monkeypatch.setattr(writing, "MOST_TEXTS_AT_ONCE", 2)
    run = made_run()
    turns = writers_of(trained_model(run.id, None).model).turns
    others = [turns.line_up() for _ in range(2)]
    assert [turns.before(ticket, 0.0) for ticket in others] == [0, 0]
    leaving = threading.Timer(1.0, lambda: [turns.leave(one) for one in others])
    leaving.start()
    began = time.monotonic()
    at = press(draw(show, run_id=run.id, prompt=PROMPT, query={"tokens": "10", "seed": "5"}))
    assert time.monotonic() - began >= 0.9
    sampling, _, _ = at.session_state["knobs"]
    assert said(at.code) == [expected(run, sampling, tokens=10, seed=5)]
    assert any(words.startswith("10 tokens at step 20, ") for words in said(at.caption))
    assert not any("before you" in words for words in said(at.caption))
    assert [button.label for button in at.button] == ["Go"]  # nothing is left to stop
    assert not at.exception
