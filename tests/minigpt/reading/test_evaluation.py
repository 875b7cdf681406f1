import math

import pytest
import torch

from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.errors import CorpusError
from minigpt.reading.evaluation import evaluate_run, evaluate_text
from minigpt.runs.trained_model import open_model
from minigpt.training.loss import next_token_loss


def test_of_its_own_text_a_run_gets_its_own_numbers(trained):
    recorded = {row.step: row.validation_loss for row in trained.metric_rows()}
    judged = [one.step for one in list_checkpoints(trained.weights) if recorded.get(one.step)]
    assert len(judged) > 1
    for step in judged:
        found = evaluate_run(trained, open_model(trained, step=step))
        assert found.loss == pytest.approx(recorded[step], rel=1e-9)


def test_the_same_text_from_elsewhere_gets_the_same_number(trained):
    model = open_model(trained)
    text = trained.config().corpus.load().validation_text
    assert evaluate_text(model, text) == evaluate_run(trained, model)


def test_a_text_shorter_than_a_window_is_judged_as_it_is(trained):
    model = open_model(trained)
    found = evaluate_text(model, "the tra")
    ids = torch.tensor([model.tokenizer.encode("the tra")])
    with torch.inference_mode():
        expected = next_token_loss(model.model(ids[:, :-1]), ids[:, 1:]).item()
    assert found.loss == pytest.approx(expected)
    assert (found.tokens, found.tokens_of_text) == (6, 7)
    assert found.perplexity == pytest.approx(math.exp(expected))
    assert found.bits_per_character == pytest.approx(expected / math.log(2))


def test_a_token_alone_has_nothing_to_be_judged_by(trained):
    with pytest.raises(CorpusError, match="1 tokens that the model knows"):
        evaluate_text(open_model(trained), "§a§")
