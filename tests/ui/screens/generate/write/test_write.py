import base64
import json
import math
import threading
import time
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from minigpt.runs.trained_model import open_model, write_texts
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from tests.ui.harness import made_run, part, plain, said, save_weights, texts, written
from ui.screens.generate.write import live
from ui.screens.generate.write.one_text import settings_in_words
from ui.screens.generate.write.take_home import json_file, text_file
from ui.services.generation import writing
from ui.services.generation.writing import writers_of
from ui.services.models import trained_model
from ui.session.texts import KEY, Branch, TextSettings, WrittenText

PROMPT = "ROMEO: "
STRIP, CANDIDATES, WHICH = "written-strip", "written-candidates", "branch-looked-at"


def show(run_id, step=20):
    import streamlit as st

    from ui.components.model_picker import ChosenModel
    from ui.screens.generate.write import mode
    from ui.services.models import trained_model

    run_id = st.session_state.get("run", run_id)
    mode.show(ChosenModel(run_id=run_id, step=step, trained=trained_model(run_id, step)))


@pytest.fixture
def visit(draw):
    """A function that opens the page of a run at an address."""

    def open_page(run=None, **query):
        return draw(show, run_id=(run or made_run()).id, query={"prompt": PROMPT, **query})

    return open_page


def press(at, label="Generate"):
    next(button for button in at.button if button.label == label).click().run()
    return at


def expected(run, *, tokens, seed, prompt=PROMPT, picks=None, **settings):
    opened = open_model(run, step=20)
    sampling = SamplingConfig(**settings)
    text = writing.start_text(opened, prompt, sampling, seed=seed, picks=picks)
    list(writing.grow_texts(opened, [text], tokens=tokens))
    return prompt + opened.tokenizer.decode([token.id for token in text.drawn])


@pytest.mark.parametrize(
    "settings",
    [{"temperature": "0.8"}, {"temperature": "0"}, {"top_k": "2"}, {"top_p": "0.3"},
     {"min_p": "0.2"}, {"repetition_penalty": "1.5"}],
)  # fmt: skip
def test_the_text_shown_is_what_the_generator_draws(visit, settings):
    run = made_run()
    at = press(visit(run, tokens="30", seed="5", **settings))
    numbers = {name: float(value) for name, value in settings.items()}
    if "top_k" in numbers:
        numbers["top_k"] = int(numbers["top_k"])
    opened = open_model(run, step=20)
    drawn = generate(
        opened.model, opened.tokenizer.encode(PROMPT), SamplingConfig(**numbers), seed=5
    )
    words = opened.tokenizer.decode([token.id for token in islice(drawn, 30)])
    assert written(at) == PROMPT + words
    assert any(one.startswith("30 tokens at step 20, ") for one in said(at.caption))
    assert not at.exception


def test_nothing_is_written_before_somebody_asks(visit):
    at = visit(tokens="10")
    # Below it stands what the run wrote in its training.
    assert "appears here" in said(at.caption)[-2]
    assert KEY not in at.session_state
    assert not at.exception


def test_a_link_to_a_text_has_it_written_at_once(visit):
    run = made_run()
    at = press(visit(run, tokens="10", temperature="0.5"))
    assert (at.query_params["run"], at.query_params["step"]) == (run.id, "20")
    mark = at.query_params["written"]
    again = visit(run, written=mark, tokens="10", temperature="0.5")
    assert written(again) == written(at)
    other = visit(run, written=mark, tokens="10", temperature="0.6")
    assert "appears here" in said(other.caption)[-2], "it is a link to other settings"
    assert not again.exception


def test_several_texts_are_those_of_the_next_seeds(visit):
    run = made_run()
    at = press(visit(run, tokens="12", seed="5", samples="3"))
    assert at.get_by_key(WHICH).options == ["Text 1", "Text 2", "Text 3"]
    wanted = [expected(run, tokens=12, seed=seed) for seed in (5, 6, 7)]
    assert [written(at), *texts(at)] == wanted
    at.get_by_key(WHICH).set_value("1").run()
    assert [written(at), *texts(at)] == [wanted[1], wanted[0], wanted[2]]
    assert at.query_params["branch"] == "2"
    assert not at.exception


def test_a_text_ends_at_a_stop_string_and_says_so(visit):
    run = made_run()
    whole = expected(run, tokens=40, seed=5)
    stop = whole[len(PROMPT) + 8 : len(PROMPT) + 10]
    at = press(visit(run, tokens="40", seed="5", stop=stop.replace("\n", "\\n")))
    [text] = at.session_state[KEY]
    assert text.text == whole[: whole.index(stop, len(PROMPT))]
    assert any("up to a stop string" in words for words in said(at.caption))
    assert not at.exception


def earlier(at):
    """The labels of the buttons that belong to texts with other settings."""
    return [button.label for button in at.button if button.label == "Use these settings"]


def test_what_was_written_stays_with_its_settings_when_they_change(visit):
    run = made_run(name="Sea")
    at = press(visit(run, tokens="10"))
    first = written(at)
    assert "Sea · step 20 · temperature 0.8 · seed 1337" in map(plain, said(at.caption))
    assert earlier(at) == []
    at.slider[0].set_value(1.5).run()
    assert texts(at) == [first]
    assert any("appears here" in words for words in said(at.caption))
    assert said(at.subheader) == ["Written before, with other settings"]
    assert "Sea · step 20 · temperature 0.8 · seed 1337" in map(plain, said(at.caption))
    assert not at.exception


def test_the_text_of_the_settings_on_the_screen_is_shown_again_when_they_return(visit):
    at = press(visit(tokens="10"))
    first = written(at)
    at.slider[0].set_value(1.5).run()
    press(at)
    second = written(at)
    assert second != first
    assert texts(at) == [first]
    press(at, "Use these settings")
    assert written(at) == first
    assert texts(at) == [second]
    assert not at.exception


def test_one_model_is_never_shown_with_what_another_wrote(visit):
    one, other = made_run(name="One"), made_run(name="Other")
    save_weights(other, other.config(), (20,), seed=1)
    at = press(visit(one, tokens="10"))
    at.session_state["run"] = other.id
    at.run()
    assert any("appears here" in words for words in said(at.caption))
    press(at)
    names = [plain(words).split(" · ")[0] for words in said(at.caption) if " · step" in words]
    assert names == ["Other", "One"]
    assert [written(at), *texts(at)] == [
        expected(run, tokens=10, seed=1337) for run in (other, one)
    ]
    assert not at.exception


def test_settings_can_be_had_back(visit):
    run = made_run()
    link = {"tokens": "10", "top_k": "3", "top_p": "0.5", "seed": "7", "temperature": "0.5"}
    more = {"min_p": "0.05", "repetition_penalty": "1.1", "samples": "1", "stop": "\\n\\n"}
    at = press(visit(run, **link, **more))
    text = at.session_state[KEY][0].text
    at.slider[0].set_value(1.5).run()
    at.number_input[0].set_value(0).run()
    at.text_area("stop").set_value("").run()
    assert len(earlier(at)) == 1
    press(at, "Use these settings")
    assert earlier(at) == []
    assert [one.text for one in at.session_state[KEY]] == [text]
    assert at.text_area("stop").value == "\\n\\n"
    assert at.query_params["run"] == run.id
    assert (at.query_params["step"], at.query_params["prompt"]) == ("20", PROMPT)
    assert not at.exception


def test_settings_come_back_with_the_branch_of_their_text_and_of_no_other(visit):
    at = press(visit(tokens="10"))
    text = at.session_state[KEY][0]
    at.query_params.update(forks=fork_of(text, 2), branch="2", place="5")
    at.run()
    first, [branch, _plain] = at.query_params["forks"], at.session_state[KEY]
    assert branch.branch.picks
    at.slider[0].set_value(1.5).run()
    press(at)
    at.query_params.update(forks=fork_of(at.session_state[KEY][0], 6), branch="2", place="8")
    at.run()
    at.button("restore-100").click().run()
    assert written(at) == branch.text
    assert (at.query_params["forks"], at.query_params["branch"]) == (first, "2")
    assert "place" not in at.query_params
    assert not at.exception


def fork_of(text, place):
    """A branch of the first sample, as the address names it: another token at this place."""
    return f"0.{place}.{0 if text.tokens[place].id else 1}"


def test_a_text_without_a_branch_comes_back_without_one(visit):
    at = press(visit(tokens="10"))
    text = at.session_state[KEY][0]
    at.slider[0].set_value(1.5).run()
    press(at)
    at.query_params.update(forks=fork_of(at.session_state[KEY][0], 6), branch="2", place="8")
    at.run()
    press(at, "Use these settings")
    assert written(at) == text.text
    assert not {"forks", "branch", "place"} & set(at.query_params)
    assert not at.exception


def test_a_text_that_was_stopped_is_kept_and_goes_on_when_asked(visit):
    at = press(visit(tokens="10"))
    [text] = at.session_state[KEY]
    whole = text.text
    del text.tokens[6:]  # as the loop leaves it when it is ended
    text.text = whole[:-4]
    at.run()
    assert written(at) == whole[:-4]
    assert any(words.startswith("6 of 10 tokens at step 20, ") for words in said(at.caption))
    press(at, "Go on writing")
    assert written(at) == whole
    assert text.text == whole
    assert not at.exception


def test_a_text_is_kept_apart_from_what_others_let_grow(visit, monkeypatch):
    growing = []

    def grow(trained, texts, **settings):
        growing.extend(texts)
        return writing.grow_texts(trained, texts, **settings)

    monkeypatch.setattr(live, "grow_texts", grow)
    at = press(visit(tokens="10"))
    [text], [continuation] = at.session_state[KEY], growing
    continuation.drawn.append(text.tokens[0])  # by another writer, a moment after Stop
    assert len(text.tokens) == 10
    at.run()
    assert not at.exception


def test_colours_are_the_surprise_of_the_model_itself(visit):
    run = made_run()
    at = press(visit(run, tokens="10", temperature="0.3", colour="surprise"))
    data, [text] = part(at, STRIP), at.session_state[KEY]
    bits = np.array([-math.log2(token.model_probability) for token in text.tokens])
    shades = np.frombuffer(base64.b64decode(data["shades"]), dtype=np.uint8)
    assert shades[: len(PROMPT)].tolist() == [0] * len(PROMPT)
    np.testing.assert_array_equal(shades[len(PROMPT) :], np.round(255 * (bits / 8).clip(0, 1)))
    words = next(words for words in said(at.caption) if "8 bits and more" in words)
    size = open_model(run).model.vocabulary_size
    assert f"On average {bits.mean():.2f} bits a token" in words
    assert f"all {size} tokens were equally likely, each would have {math.log2(size):.2f}" in words
    at.toggle[0].set_value(False).run()
    assert part(at, STRIP)["shades"] is None
    assert "colour" not in at.query_params
    assert not at.exception


def test_a_place_shows_the_odds_filter_by_filter_and_the_number_that_decided(visit):
    run = made_run()
    at = press(visit(run, tokens="10", seed="5", temperature="0.5", top_k="4"))
    assert any("Choose a token of the text" in words for words in said(at.caption))
    at.query_params["place"] = "4"
    at.run()
    data, [text] = part(at, CANDIDATES), at.session_state[KEY]
    token = text.tokens[3]
    assert data["stages"] == ["model", "temperature 0.5", "top-k 4"]
    assert len(data["rows"]) == open_model(run).model.vocabulary_size
    assert sum(row["odds"][-1] > 0 for row in data["rows"]) == 4
    [came] = [row for row in data["rows"] if row["came"]]
    assert came["odds"][0] == pytest.approx(token.model_probability, rel=1e-4)
    assert came["odds"][-1] == pytest.approx(token.probability, rel=1e-4)
    for stage in range(3):
        assert sum(row["odds"][stage] for row in data["rows"]) == pytest.approx(1, abs=1e-5)
    die = data["die"]
    assert die["number"] == token.uniform
    assert die["tokens"][die["fallsOn"]] == came["token"]
    ends = np.frombuffer(base64.b64decode(die["ends"]))
    start = ends[die["fallsOn"] - 1] if die["fallsOn"] else 0
    assert start <= token.uniform < ends[die["fallsOn"]]
    assert "Token 4 of 10" in at.markdown[0].value
    assert not at.exception


def test_a_link_to_a_branch_has_it_written_with_the_same_luck(visit):
    run = made_run()
    at = press(visit(run, tokens="12", seed="5"))
    plain_text = written(at)
    [text] = at.session_state[KEY]
    other = (text.tokens[3].id + 1) % open_model(run).model.vocabulary_size
    at.query_params.update(forks=f"0.3.{other}_0.3.{other}.7.0", branch="3", place="8")
    at.run()
    names = at.get_by_key(WHICH).options
    assert [plain(name).split("“")[0] for name in names] == ["Text 1", "↳ 1: ", "↳↳ 1: "]
    assert written(at) == expected(run, tokens=12, seed=5, picks={3: other, 7: 0})
    assert written(at)[: len(PROMPT) + 3] == plain_text[: len(PROMPT) + 3]
    assert part(at, STRIP)["marks"] == [
        [len(PROMPT) + place, len(PROMPT) + place + 1] for place in (3, 7)
    ]
    lucks = [[one.uniform for one in text.tokens] for text in at.session_state[KEY]]
    assert len(lucks) == 3
    assert lucks[0] == lucks[1] == lucks[2]
    assert any("Picked by hand" in words for words in said(at.caption))
    at.get_by_key(WHICH).set_value("1").run()
    assert written(at) == expected(run, tokens=12, seed=5, picks={3: other})
    press(at, "Remove this branch")
    assert "forks" not in at.query_params, "what was forked from it goes with it"
    assert written(at) == plain_text
    assert not at.exception


@pytest.mark.parametrize(
    "forks",
    ["0", "0.1", "0.1.2.3", "9.1.2", "0.99.1", "0.1.9999", "0.5.1.3.1", "x", "0.-1.2", "_", "0..1",
     "0.1.\u0663", "0." + "9" * 30 + ".1"],
)  # fmt: skip
def test_forks_that_cannot_be_are_ignored(visit, forks):
    at = press(visit(tokens="10"))
    at.query_params["forks"] = forks
    at.run()
    assert len(at.session_state[KEY]) == 1
    assert not at.exception


def test_a_text_is_taken_home_with_what_it_takes_to_write_it_again(visit):
    run = made_run(name="Sea")
    at = press(visit(run, tokens="5", temperature="0.5", top_k="3", top_p="0.9", seed="7"))
    [text] = at.session_state[KEY]
    words = text_file(text).decode("utf-8")
    assert words.startswith(f"{text.text}\n\n---\nmodel: 'Sea'\nrun: '{run.id}'\nstep: 20\n")
    assert settings_in_words(text) == (
        "Sea · step 20 · temperature 0.5 · top-k 3 · top-p 0.9 · seed 7"
    )
    found = json.loads(json_file(text, open_model(run).tokenizer))
    assert found["text"] == text.text
    assert (found["seed"], found["temperature"], found["prompt"]) == (7, 0.5, PROMPT)
    assert [token["uniform"] for token in found["tokens"]] == [one.uniform for one in text.tokens]
    assert "".join(token["token"] for token in found["tokens"]) == text.text[len(PROMPT) :]
    assert not any(token["picked"] for token in found["tokens"])


def test_the_words_for_settings_name_all_that_differs():
    settings = TextSettings(
        run="sea", step=20, prompt="A", temperature=0.0, top_k=0, top_p=1.0, tokens=2, seed=7,
        min_p=0.1, repetition_penalty=1.2, samples=3,
    )  # fmt: skip
    text = WrittenText(settings=settings, model="Sea", branch=Branch(2, ((0, 1),)))
    assert settings_in_words(text) == (
        "Sea · step 20 · temperature 0, always the likeliest · min-p 0.1 · repetition penalty 1.2 "
        "· seed 9 · tokens picked by hand: 1"
    )
    assert replace(settings, seed=8).mark != settings.mark == replace(settings).mark


def test_a_prompt_that_cannot_be_read_is_refused_and_costs_nothing(visit):
    at = press(visit(tokens="10"))
    first = written(at)
    at.text_area[0].set_value("50%").run()
    press(at)
    assert "never seen '%'" in plain(at.error[0].value)
    assert texts(at) == [first]
    assert not at.exception


def test_who_has_to_wait_gets_the_same_text(visit):
    run = made_run()
    turns = writers_of(trained_model(run.id, None).model, most=2).turns
    others = [turns.line_up() for _ in range(2)]
    assert [turns.before(ticket, 0.0) for ticket in others] == [0, 0]
    leaving = threading.Timer(1.0, lambda: [turns.leave(one) for one in others])
    leaving.start()
    at = visit(run, tokens="10", seed="5")
    began = time.monotonic()
    press(at)
    assert time.monotonic() - began >= 0.5
    assert written(at) == expected(run, tokens=10, seed=5)
    assert any(words.startswith("10 tokens at step 20, ") for words in said(at.caption))
    assert not any("before you" in words for words in said(at.caption))
    assert "Stop" not in [button.label for button in at.button]  # nothing is left to stop
    assert not at.exception


def test_samples_are_the_same_as_on_the_command_line(visit):
    run = made_run()
    at = press(visit(run, tokens="20", seed="3", samples="2", temperature="1"))
    together = write_texts(
        open_model(run, step=20), PROMPT, SamplingConfig(temperature=1.0), tokens=20, seeds=[3, 4]
    )
    assert [text.text for text in at.session_state[KEY]] == [PROMPT + one.text for one in together]
