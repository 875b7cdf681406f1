import numpy as np
import pytest
import torch

from minigpt.runs.trained_model import open_model
from minigpt.sampling.decoder import window_start
from minigpt.sampling.distribution import SamplingConfig, choose_token
from minigpt.sampling.filters import stages
from tests.ui.harness import made_run
from ui.services.generation import odds as odds_service
from ui.services.generation.odds import odds_after
from ui.services.generation.writing import grow_texts, start_text

SAMPLING = SamplingConfig(temperature=0.9, top_k=9, repetition_penalty=1.3)


def test_they_are_those_that_the_token_was_drawn_from_also_beyond_the_context():
    run = made_run()
    opened = open_model(run, step=20)
    text = start_text(opened, "ROMEO: ", SAMPLING, seed=3)
    list(grow_texts(opened, [text], tokens=40))
    for place in (0, 5, 15, 39):
        before = [*text.prompt, *(token.id for token in text.drawn[:place])]
        odds = odds_after(run.id, 20, before, SAMPLING)
        token = text.drawn[place]
        assert odds.stages[0].probabilities[token.id] == pytest.approx(
            token.model_probability, rel=1e-4
        )
        assert odds.stages[-1].probabilities[token.id] == pytest.approx(token.probability, rel=1e-4)
        number = torch.tensor(token.uniform, dtype=torch.float64)
        assert choose_token(odds.stages[-1].probabilities, number) == token.id
        window = before[window_start(len(before), 16) :]
        logits = opened.model(torch.tensor([window]))[0, -1].detach()
        present = torch.zeros(len(logits), dtype=torch.bool)
        present[before] = True
        for found, wanted in zip(odds.stages, stages(logits, SAMPLING, present), strict=True):
            assert torch.allclose(found.probabilities, wanted.probabilities, atol=1e-5)


def test_the_order_is_that_of_the_draw_and_then_that_of_the_model():
    run = made_run()
    odds = odds_after(run.id, 20, [1, 2, 3], SAMPLING)
    drawn = odds.stages[-1].probabilities[odds.order].double().numpy()
    model = odds.stages[0].probabilities[odds.order].double().numpy()
    assert sorted(odds.order) == list(range(len(drawn)))
    assert (np.diff(drawn) <= 0).all()
    assert (np.diff(model[drawn == 0]) <= 0).all()
    assert odds.line[-1] == 1


def test_no_more_is_kept_of_them_than_there_is_room_for(monkeypatch):
    run = made_run()
    size = 4 * open_model(run, step=20).model.vocabulary_size
    monkeypatch.setattr(odds_service, "PLACES_BYTES", 2 * size)
    for ids in ([1], [2], [3]):
        odds_after(run.id, 20, ids, SAMPLING)
    assert odds_service._kept_logits().bytes == 2 * size


def test_what_is_kept_is_what_it_was_when_others_ask():
    run = made_run()
    first = odds_after(run.id, 20, [1, 2, 3], SAMPLING).stages[0].probabilities.clone()
    odds_after(run.id, 20, [4, 5], SAMPLING)
    assert torch.equal(odds_after(run.id, 20, [1, 2, 3], SAMPLING).stages[0].probabilities, first)
