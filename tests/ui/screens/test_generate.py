import dataclasses
import threading
import time
from itertools import islice

import pytest

from minigpt.runs.trained_model import open_model
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from minigpt.tokenizers.character import CharacterTokenizer
from tests.ui.harness import made_run, plain, said
from ui.screens.generate import first_prompt
from ui.services import models
from ui.services.models import trained_model, writers_of

PROMPT = "ROMEO: "


def show(run_id, prompt):
    import streamlit as st

    from minigpt.errors import MiniGPTError
    from ui import messages
    from ui.components.model_picker import ChosenModel
    from ui.screens.generate import draw_text, knobs, show_last
    from ui.services.models import trained_model

    chosen = ChosenModel(run_id=run_id, step=20, trained=trained_model(run_id, 20))
    prompt = st.text_input("Prompt", prompt)
    try:
        sampling, tokens, seed = knobs()
        st.session_state["knobs"] = (sampling, tokens, seed)
        if st.button("Go"):
            draw_text(chosen, prompt, sampling, tokens=tokens, seed=seed)
        else:
            show_last()
    except MiniGPTError as error:
        messages.show_error(error)


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


def test_what_was_written_stays_until_something_new_is(draw):
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query={"tokens": "10"})
    assert "appears here" in said(at.caption)[-1]
    written = said(press(at).code)
    at.slider[0].set_value(1.5).run()
    assert said(at.code) == written
    assert not at.exception


@pytest.mark.parametrize(("prompt", "words"), [("", "prompt is empty"), ("50%", "never seen '%'")])
def test_a_prompt_that_cannot_be_read_is_refused_and_costs_nothing(draw, prompt, words):
    at = draw(show, run_id=made_run().id, prompt=PROMPT, query={"tokens": "10"})
    written = said(press(at).code)
    at.text_input[0].set_value(prompt)
    press(at)
    assert words in plain(at.error[0].value)
    at.run()
    assert said(at.code) == written
    assert not at.exception


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ROMEO: speak to me", "ROMEO:"), ("the train is on the road", "the train is on the road")],
)
def test_the_first_prompt_is_one_that_the_model_can_read(text, expected):
    opened = dataclasses.replace(open_model(made_run()), tokenizer=CharacterTokenizer.train(text))
    longest = opened.model.context_length
    assert first_prompt(opened) == expected[:longest]


def test_who_has_to_wait_gets_the_same_text(draw, monkeypatch):
    monkeypatch.setattr(models, "MOST_TEXTS_AT_ONCE", 2)
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
