import dataclasses
import math

import pytest
import torch

from minigpt.errors import CorpusError
from minigpt.models.build import build_model
from minigpt.reading import surprise as module
from minigpt.reading.reliability import Reliability
from minigpt.reading.surprise import compare_readings, surprise
from minigpt.runs.trained_model import open_model, write_texts
from minigpt.sampling.decoder import window_start
from minigpt.sampling.distribution import SamplingConfig
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer

TEXT = "the train is on the road and a cat"


@pytest.fixture
def model(trained):
    return open_model(trained)


@pytest.fixture
def in_bytes(model):
    tokenizer = TOKENIZERS["byte"].train("any")
    network = build_model(model.model.config, vocabulary_size=tokenizer.vocabulary_size)
    return dataclasses.replace(model, model=network.eval(), tokenizer=tokenizer)


class NoPieces(CharacterTokenizer):
    def pieces(self, text):
        raise AssertionError("each piece is looked at")


def test_a_text_that_is_too_long_is_refused_before_its_tokens_are_placed(model):
    tokenizer = NoPieces(model.tokenizer.vocabulary)
    known = dataclasses.replace(model, tokenizer=tokenizer)
    with pytest.raises(CorpusError, match="has 200,001 tokens that the model knows"):
        surprise(known, "a" * (module.MOST_TOKENS + 1) + "\u0436")
    assert known.unknown_note("a\u0436") is None


def test_each_token_is_judged_by_what_stands_before_it(model):
    ids = [*model.tokenizer.line_break(), *model.tokenizer.encode(TEXT)]
    expected = []
    for place in range(1, len(ids)):
        before = ids[window_start(place, model.model.context_length) : place]
        with torch.inference_mode():
            scores = model.model(torch.tensor([before]))[0, -1]
        expected.append(-scores.log_softmax(-1)[ids[place]].item() / math.log(2))
    found = surprise(model, TEXT)
    assert [one.bits for one in found.tokens] == pytest.approx(expected, rel=1e-5)
    assert found.bits_per_character == pytest.approx(sum(expected) / len(TEXT), rel=1e-5)


def test_what_a_model_wrote_has_the_probabilities_it_was_drawn_with(model):
    (written,) = write_texts(model, "", SamplingConfig(temperature=1.0), tokens=30, seeds=[3])
    found = surprise(model, written.text)
    drawn = [-math.log2(token.probability) for token in written.tokens]
    assert [one.bits for one in found.tokens] == pytest.approx(drawn, rel=1e-4)


def test_what_the_model_cannot_read_is_left_out_and_said(model):
    found = surprise(model, "the § cat")
    bits = [one.bits for one in found.tokens]
    assert bits[4] is None
    assert None not in bits[:4] + bits[5:]
    assert (found.characters, found.unread, found.known_characters) == (8, 1, 8)
    with pytest.raises(CorpusError, match="0 tokens that the model knows"):
        surprise(model, "§§")


def test_probabilities_are_counted_by_whether_they_came(model):
    found = surprise(model, TEXT)
    bins = found.reliability.bins()
    assert sum(one.predictions for one in bins) == len(TEXT) * model.model.vocabulary_size
    assert sum(one.came for one in bins) == len(TEXT)
    assert sum(one.mean * one.predictions for one in bins) == pytest.approx(len(TEXT))
    assert all(one.low <= one.mean <= one.high for one in bins)
    assert all(one.interval[0] <= one.share <= one.interval[1] for one in bins)


def test_models_with_different_tokens_are_compared_character_by_character(model, in_bytes):
    text = "the caté road"  # the letter is two bytes, and the first model does not know it
    first, second = surprise(model, text), surprise(in_bytes, text)
    pieces = compare_readings(first, second)
    assert "".join(text[one.start : one.end] for one in pieces) == text
    assert [one.start for one in pieces if one.first is None] == [text.index("é")]
    assert sum(one.second for one in pieces) == pytest.approx(second.bits)
    assert sum(one.first for one in pieces if one.first is not None) == pytest.approx(first.bits)
    assert all(one.difference == one.second - one.first for one in pieces if one.first is not None)


def test_few_scores_are_looked_at_at_once_whatever_the_vocabulary(model, monkeypatch):
    expected = surprise(model, TEXT)
    most = 2 * model.model.vocabulary_size
    monkeypatch.setattr(module, "MOST_EXACT", most)
    sizes, real = [], Reliability.add
    monkeypatch.setattr(
        Reliability, "add",
        lambda self, odds, came: sizes.append(odds.numel()) or real(self, odds, came),
    )  # fmt: skip
    found = surprise(model, TEXT)
    assert [one.bits for one in found.tokens] == [one.bits for one in expected.tokens]
    assert found.reliability.predictions.tolist() == expected.reliability.predictions.tolist()
    assert max(sizes) == most


def test_candidates_are_the_likeliest(model):
    for one in surprise(model, TEXT).tokens:
        shares = [share for _, share in one.candidates]
        assert shares == sorted(shares, reverse=True)
        came = dict(one.candidates).get(one.place.piece.id)
        assert came is None or -math.log2(came) == pytest.approx(one.bits, rel=1e-5)


def test_few_scores_are_computed_at_once_whatever_the_vocabulary(model, monkeypatch):
    sizes, real = [], model.model.unembed
    monkeypatch.setattr(module, "MOST_SCORES", 2 * model.model.vocabulary_size)
    monkeypatch.setattr(
        model.model, "unembed",
        lambda residual: sizes.append(residual.shape[:2].numel()) or real(residual),
    )  # fmt: skip
    found = surprise(model, TEXT)
    assert max(sizes) == 2
    assert sum(sizes) == len(found.tokens)
