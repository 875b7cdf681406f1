from itertools import islice

import pytest

from minigpt.runs.trained_model import open_model
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate
from tests.ui.harness import links, made_run, plain, said, texts, written

SHORT = {"tokens": "25"}


def press(at):
    return next(button for button in at.button if button.label == "Generate").click().run()


def drawn(run, prompt, *, tokens, seed, step=20, **settings):
    opened = open_model(run, step=step)
    ids = opened.tokenizer.encode(prompt)
    found = generate(opened.model, ids, SamplingConfig(**settings), seed=seed)
    return prompt + opened.tokenizer.decode([token.id for token in islice(found, tokens)])


def test_where_nothing_was_trained_the_way_to_train_is_shown(visit):
    at = visit("generate")
    assert said(at.info) == ["No model has been trained here yet."]
    assert links(at) == {"Train one now": ("", "")}
    assert not at.exception


def test_before_anything_is_asked_for_stands_what_was_written_in_training(visit, gpt):
    at = visit("generate", step="0", **SHORT)
    first = next(one.text for one in gpt.samples() if one.step == 0)
    assert texts(at) == [first.strip("\n")]
    assert any("At step 0 of its training" in one for one in said(at.caption))
    assert not texts(press(at))


@pytest.mark.parametrize("rung", ["gpt", "bigram"])
def test_the_text_shown_is_what_the_model_draws(visit, bring_run, rung):
    run = bring_run(rung)
    at = press(visit("generate", **SHORT))
    assert written(at) == drawn(run, "JULIET:", tokens=25, seed=1337)
    assert not at.exception


def test_equal_seeds_give_equal_text_and_others_another(visit, gpt):
    texts = [written(press(visit("generate", seed=seed, **SHORT))) for seed in ("1", "1", "2")]
    assert texts[0] == texts[1] != texts[2]


def test_a_link_reproduces_model_step_prompt_and_knobs(visit, gpt, bigram):
    link = {
        "run": gpt.id, "step": "0", "prompt": "JULIET: the", "temperature": "0.5",
        "top_k": "5", "top_p": "0.9", "tokens": "30", "seed": "8",
    }  # fmt: skip
    at = press(visit("generate", **link))
    expected = drawn(
        gpt, "JULIET: the", tokens=30, seed=8, step=0, temperature=0.5, top_k=5, top_p=0.9
    )
    assert written(at) == expected
    assert not at.exception


def test_pressing_again_draws_the_same_again(visit, gpt):
    at = press(visit("generate", **SHORT))
    first = written(at)
    assert written(press(at)) == first
    assert not at.exception


@pytest.mark.parametrize(
    ("prompt", "words"),
    [("100%", "This model has never seen '%'.")],
)
def test_a_prompt_the_model_cannot_read_is_told(visit, gpt, prompt, words):
    at = visit("generate", **SHORT)
    at.text_area[0].set_value(prompt)
    press(at)
    assert words in plain(at.error[0].value)
    assert not at.main.get("bidi_component")
    assert not at.exception


@pytest.mark.parametrize("is_in_the_address", [True, False])
def test_an_empty_prompt_begins_a_line_and_says_so(visit, gpt, is_in_the_address):
    at = visit("generate", **SHORT, **({"prompt": ""} if is_in_the_address else {}))
    if not is_in_the_address:
        at.text_area[0].set_value("").run()
    assert at.text_area[0].value == ""
    assert any("begins after a line break" in words for words in said(at.caption))
    press(at)
    assert written(at) == drawn(gpt, "\n", tokens=25, seed=1337)
    assert not at.error
    assert not at.exception
    at.text_area[0].set_value("JULIET:").run()
    assert not any("line break" in words for words in said(at.caption))


def test_model_output_is_shown_literally(visit, gpt):
    at = press(visit("generate", prompt="ROMEO: To be", **SHORT))
    assert written(at).startswith("ROMEO: To be")
    at.slider("temperature").set_value(1.5).run()
    assert texts(at)[0].startswith("ROMEO: To be")
    assert not at.exception


def test_an_unknown_run_in_the_link_is_told_and_another_shown(visit, gpt):
    at = visit("generate", run="gone")
    assert "gone" in at.warning[0].value
    assert at.selectbox("url-run").value == gpt.id
    assert not at.exception


def test_a_prompt_of_the_address_that_is_too_long_is_cut_and_that_is_said(visit, gpt):
    at = visit("generate", run=gpt.id, prompt="the " * 600)
    assert at.text_area[0].value == "the " * 500
    assert any("prompt=the the the the the …" in plain(one) for one in said(at.caption))


def test_damaged_weights_are_told(visit):
    run = made_run(steps=(20,))
    (run.weights / "step-00000020.safetensors").write_bytes(b"damaged")
    at = visit("generate")
    assert "damaged" in plain(at.error[0].value)
    assert not at.exception


def test_a_written_token_leads_to_what_it_is_made_of(visit, gpt):
    at = press(visit("generate", **SHORT))
    text = written(at)
    at.query_params["place"] = "3"
    at.run()
    button = next(one for one in at.button if one.label == "Why this token? Look inside")
    button.click().run()
    assert said(at.title) == ["Inside"]
    read = at.text_area[0].value
    assert text.startswith(read)
    assert len(read) == len("JULIET:") + 2
    token = open_model(gpt).tokenizer.vocabulary.index(text[len(read)])
    assert at.selectbox(key="url-next").value == str(token)
    assert not at.exception
