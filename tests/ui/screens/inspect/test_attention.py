import re

import numpy as np
import pytest

from minigpt.corpora import delete_text
from minigpt.corpora.parts import split_text
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers import LOADABLE
from minigpt.tokenizers.character import CharacterTokenizer
from tests.ui.harness import chart, made_run, plain
from tests.ui.screens.inspect.looking import TEXT, chosen_of, show, traced
from ui.screens.generate.knobs import first_prompt
from ui.screens.inspect.attention import (
    TOKENS,
    default_text,
    longest_text,
    summarise_head,
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


SUMS = "".join(f"{n}+{n + 3}={2 * n + 3}\n" for n in range(200, 320))


def test_the_default_text_is_a_line_of_the_part_that_was_never_trained_on():
    chosen = chosen_of(SUMS)
    line = default_text(chosen, 16)
    assert re.fullmatch(r"\d+\+\d+=\d+", line)
    assert f"{line}\n" in split_text(SUMS).validation
    assert first_prompt(chosen) == line[: line.index("=") + 1]


@pytest.mark.parametrize("tokenizer", ["word", "bpe", "byte"])
def test_the_default_text_is_the_runs_own_whatever_its_tokens(tokenizer):
    text = "".join(f"नदी के किनारे {n} पेड़ हैं\n" for n in range(300))
    chosen = chosen_of(text, tokenizer=tokenizer)
    assert default_text(chosen, 99).startswith("नदी के किनारे")
    assert chosen.trained.tokenizer.unknown_characters(first_prompt(chosen)) == []


def test_where_the_text_is_gone_the_run_s_last_words_serve():
    chosen = chosen_of(SUMS)
    delete_text(RunStore.default().open(chosen.run_id).config().corpus.name)
    RunStore.default().open(chosen.run_id).append("samples", {"step": 30, "text": "9\n12+3=15\n1"})
    assert default_text(chosen, 16) == "12+3=15"


def test_the_summary_gives_the_shares_in_words():
    weights = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.2, 0.5, 0.3]], dtype=np.float32)
    words = plain(summarise_head(weights))
    assert "60 % of its attention to the token itself" in words
    assert "50 % to the one before" in words
    assert "35 % to the very first" in words


def test_a_text_of_one_token_looks_at_itself():
    words = plain(summarise_head(np.ones((1, 1), dtype=np.float32)))
    assert "one token only, and nothing before it" in words
    assert "%" not in words  # there is nothing to average


def test_a_model_of_words_gets_as_many_words_as_it_reads():
    text = "".join(f"the train number {n} is on the road\n" for n in range(200))
    chosen = chosen_of(text, tokenizer="word")
    assert re.fullmatch(r"the train number \d+", default_text(chosen, 4))
    assert longest_text(chosen.trained.tokenizer, 4) > len("the train is on")


def test_a_model_of_characters_cannot_be_typed_too_much():
    assert longest_text(CharacterTokenizer.train("abc"), 7) == 7


def test_what_a_token_is_is_known_of_every_tokenizer():
    assert TOKENS.keys() == LOADABLE.keys()
    assert tokens_are("character") == "single characters"
    assert tokens_are("a new one") == "pieces of text"
