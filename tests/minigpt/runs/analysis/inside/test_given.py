import pytest
import torch

from minigpt.errors import ConfigurationError, TokenizerError
from minigpt.introspection.report_card import FEWEST_WINDOWS
from minigpt.runs.analysis.head_report import card_as_json, card_as_table, given_words, report_card
from minigpt.runs.analysis.inside.given import ENOUGH_TOKENS, SHORTEST_WINDOW, given_windows
from minigpt.runs.config import UNKNOWN_CORPUS
from minigpt.runs.trained_model import open_model
from tests.ui.harness import SMALL_TEXT, made_run, tiny_config

FROM_ELSEWHERE = {"corpus__name": UNKNOWN_CORPUS, "model__context_length": 32}


@pytest.fixture
def elsewhere():
    run = made_run(config=tiny_config(**FROM_ELSEWHERE), steps=(0,))
    return run, open_model(run)


@pytest.mark.parametrize(
    ("tokens", "pieces", "length"),
    [
        (SHORTEST_WINDOW + 1, 1, SHORTEST_WINDOW),
        (ENOUGH_TOKENS - 1, 1, 32),  # as one piece, and no longer than the model reads
        (ENOUGH_TOKENS, FEWEST_WINDOWS, SHORTEST_WINDOW),
        (101, 4, 25),
        (32 * 6 + 1, 6, 32),
        (32 * 40 + 1, 8, 32),  # no more than asked for
    ],
)
def test_a_text_is_cut_so_that_pieces_differ(elsewhere, tokens, pieces, length):
    text = (SMALL_TEXT * 2)[:tokens]
    found = given_windows(elsewhere[1], text, windows=8)
    assert found.shape == (pieces, length + 1)
    ids = elsewhere[1].tokenizer.encode(text)
    assert found[0].tolist() == ids[: length + 1]
    assert int(found[-1, -1]) in ids


def test_what_is_too_short_or_unread_says_what_to_do(elsewhere):
    with pytest.raises(ConfigurationError, match=f"at least {SHORTEST_WINDOW + 1}"):
        given_windows(elsewhere[1], "To be, or", windows=8)
    with pytest.raises(TokenizerError):
        given_windows(elsewhere[1], "%" * 50, windows=8)


def judged(run, trained, text):
    card = report_card(run, trained, text=text)
    while not card.is_done:
        card.measure()
    return card


def test_of_a_model_from_elsewhere_nothing_is_said_of_its_beginning(elsewhere):
    run, trained = elsewhere
    with pytest.raises(ConfigurationError, match="text of yours"):
        report_card(run, trained)
    card = judged(run, trained, SMALL_TEXT[:200])
    assert (card.source, card.before) == ("given", None)
    assert torch.isfinite(card.effects.estimate.half_width).all()
    said = card_as_json(card, run=run.id, step=0)
    assert said["text"] == "given"
    assert {one["untrained"] for one in said["heads"][0]["shares"].values()} == {None}
    assert "6 pieces of 32 tokens" in given_words(card, trained.tokenizer)


def test_one_piece_gives_numbers_and_neither_an_interval_nor_a_name(elsewhere):
    run, trained = elsewhere
    card = judged(run, trained, "To be, or not to be")
    table = card_as_table(card)
    assert "on this one piece" in table
    assert "±" not in table
    assert not any(card.name(layer, head) for layer in range(2) for head in range(2))
    assert f"{ENOUGH_TOKENS} tokens would do" in given_words(card, trained.tokenizer)
