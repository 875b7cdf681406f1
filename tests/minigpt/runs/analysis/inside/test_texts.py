import pytest
import torch

from minigpt import corpora
from minigpt.corpora import delete_text, load_corpus
from minigpt.corpora.corpus import CorpusSource
from minigpt.errors import ConfigurationError, CorpusError, TokenizerError
from minigpt.introspection.report_card import FEWEST_WINDOWS
from minigpt.runs.analysis.head_report import card_as_json, card_as_table, given_words, report_card
from minigpt.runs.analysis.inside.texts import (
    ENOUGH_TOKENS,
    SHORTEST_WINDOW,
    given_windows,
    training_sample,
    unseen_windows,
    validation_windows,
    write_unseen,
)
from minigpt.runs.config import UNKNOWN_CORPUS
from minigpt.runs.trained_model import open_model
from minigpt.tokenizers.character import CharacterTokenizer
from tests.minigpt.runs.analysis.test_head_report import TEXT, made
from tests.ui.harness import SMALL_TEXT, made_run, tiny_config


def test_windows_are_pieces_of_the_validation_text_with_the_token_after_them():
    run = made()
    tokenizer = run.tokenizer()
    windows = validation_windows(run, tokenizer, length=16, windows=5)
    assert windows.shape == (5, 17)
    text = load_corpus(run.config().corpus.name).validation_text
    assert all(tokenizer.decode(window.tolist()) in text for window in windows)


@pytest.mark.parametrize("part", ["first", "paragraphs"])
def test_they_are_pieces_of_the_tenth_that_was_kept_from_training(part):
    run = made(**{"corpus.validation": part})
    tokenizer, corpus = run.tokenizer(), run.config().corpus
    ids = tokenizer.encode(corpus.load().validation_text)
    windows = validation_windows(run, tokenizer, length=16, windows=5).tolist()
    assert all(window in [ids[at : at + 17] for at in range(len(ids))] for window in windows)
    assert windows[0] == ids[:17]


def test_characters_that_a_fine_tuned_model_has_never_seen_are_left_out_as_in_its_training():
    run = made()
    corpus = load_corpus(run.config().corpus.name)
    unknown = corpus.text[1]
    tokenizer = CharacterTokenizer.train(corpus.text.replace(unknown, ""))
    windows = validation_windows(run, tokenizer, length=16, windows=5)
    validation = corpus.validation_text.replace(unknown, "")
    assert all(tokenizer.decode(window.tolist()) in validation for window in windows)
    sample = training_sample(run, tokenizer)
    assert tokenizer.decode(sample.tolist()) == corpus.training_text.replace(unknown, "")


def test_a_text_that_has_changed_judges_nothing():
    run = made(**{"corpus.sha256": "0" * 64})
    with pytest.raises(CorpusError, match="has changed"):
        validation_windows(run, run.tokenizer(), length=16, windows=5)


@pytest.fixture
def well_known(monkeypatch):
    """A run whose text came with MiniGPT, until it is taken away."""
    run = made()
    source = CorpusSource(
        name=run.config().corpus.name, title="Cats", description="", read=lambda: TEXT
    )
    monkeypatch.setitem(corpora.CORPORA, source.name, source)
    write_unseen(run)

    def take_away():
        delete_text(source.name)

        def refuse():
            raise AssertionError("nothing shall be fetched")

        gone = CorpusSource(
            name=source.name, title="Cats", description="", read=refuse, is_ready=lambda: False
        )
        monkeypatch.setitem(corpora.CORPORA, source.name, gone)

    return run, take_away


@pytest.mark.parametrize("windows", [32, 5])
def test_without_its_text_a_run_is_judged_by_the_pieces_that_were_kept(well_known, windows):
    run, take_away = well_known
    with_text = unseen_windows(run, run.tokenizer(), length=16, windows=32)
    take_away()
    kept = unseen_windows(run, run.tokenizer(), length=16, windows=windows)
    assert (with_text.source, kept.source) == ("validation", "kept")
    assert len(kept.tokens) == min(windows, len(with_text.tokens))
    assert all(piece in with_text.tokens.tolist() for piece in kept.tokens.tolist())


def test_every_number_of_the_card_is_the_same_then(well_known):
    run, take_away = well_known
    trained, cards = open_model(run, step=12), []
    for prepare in (lambda: None, take_away):
        prepare()
        card = report_card(run, trained, windows=32)
        while not card.is_done:
            card.measure()
        cards.append(card_as_json(card, run=run.id, step=12))
    assert [card.pop("text") for card in cards] == ["validation", "kept"]
    assert cards[0] == cards[1]


def test_a_text_that_has_changed_is_as_good_as_gone(well_known):
    run, _take_away = well_known
    values = run.read("config")
    run.write("config", {**values, "corpus": {**values["corpus"], "sha256": "0" * 64}})
    assert unseen_windows(run, run.tokenizer(), length=16, windows=4).source == "kept"


def test_pieces_of_another_model_judge_nothing(well_known):
    run, take_away = well_known
    take_away()
    few = CharacterTokenizer.train("ab")
    for tokenizer, length in ((few, 16), (run.tokenizer(), 17)):
        with pytest.raises(AssertionError, match="fetched"):
            unseen_windows(run, tokenizer, length=length, windows=4)


def test_of_what_people_brought_nothing_is_kept():
    run = made()
    write_unseen(run)
    assert run.unseen() is None


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
