import numpy as np
import pytest

from minigpt.runs.trained_model import open_model
from minigpt.tokenizers import LOADABLE
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.word import WordTokenizer
from tests.ui.harness import SMALL_TEXT, chart, made_run
from tests.ui.screens.inspect.looking import TEXT, show, traced
from ui.screens.inspect.attention import (
    EXAMPLES,
    TOKENS,
    default_text,
    longest_text,
    summary,
    tokens_are,
)
from ui.wording import glyph


@pytest.mark.parametrize("token", [None, 5])
def test_what_comes_next_is_the_softmax_of_the_logits_after_the_chosen_token(draw, token):
    run = made_run()
    at = draw(show, run_id=run.id, query={"text": TEXT} | ({"token": str(token)} if token else {}))
    bars = chart(at, "next-token")
    row = token - 1 if token else -1
    shares, ids = traced(run, TEXT).logits[0, row].softmax(-1).topk(8)
    vocabulary = open_model(run, step=20).tokenizer.vocabulary
    assert bars["yAxis"]["data"] == [glyph(vocabulary[index]) for index in ids.tolist()]
    assert [bar["value"] for bar in bars["series"][0]["data"]] == pytest.approx(
        [100 * share for share in shares.tolist()], abs=0.05
    )
    assert not at.exception


def test_the_text_box_takes_no_more_than_the_context(draw):
    at = draw(show, run_id=made_run().id, query={"text": "o" * 50})
    assert at.text_area[0].value == "o" * 16
    assert not at.exception


def test_the_default_text_is_one_the_model_can_read():
    assert default_text(CharacterTokenizer.train(SMALL_TEXT), 16) == EXAMPLES[0][:16]
    assert default_text(CharacterTokenizer.train(EXAMPLES[1]), 99) == EXAMPLES[1]
    assert default_text(CharacterTokenizer.train("xyz"), 99) == "xyz"
    assert default_text(CharacterTokenizer.train("xyz"), 2) == "xy"


def test_the_summary_gives_the_shares_in_words():
    weights = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.5, 0.3]], dtype=np.float32)
    words = summary(weights)
    assert "60 % of its attention to the token itself" in words
    assert "50 % to the one before" in words
    assert "35 % to the very first" in words


def test_a_text_of_one_token_looks_at_itself():
    words = summary(np.ones((1, 1), dtype=np.float32))
    assert "100 % of its attention to the token itself, 0 % to the one before" in words


def test_a_model_of_words_gets_as_many_words_as_it_reads():
    tokenizer = WordTokenizer.train("the train is on the road\n")
    assert default_text(tokenizer, 4) == "the train is on"
    assert longest_text(tokenizer, 4) > len("the train is on")


def test_a_model_of_characters_cannot_be_typed_too_much():
    assert longest_text(CharacterTokenizer.train("abc"), 7) == 7


def test_what_a_token_is_is_known_of_every_tokenizer():
    assert TOKENS.keys() == LOADABLE.keys()
    assert tokens_are("character") == "single characters"
    assert tokens_are("a new one") == "pieces of text"
