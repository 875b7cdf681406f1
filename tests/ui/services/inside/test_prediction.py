import threading
import time

import numpy as np
import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.trace import trace
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from tests.ui.harness import made_run, save_weights, tiny_config
from ui.services.inside import prediction
from ui.services.inside.prediction import (
    ModelOnText,
    account,
    account_or_reason,
    effect_of_silencing,
    likely_after_each_step,
    lost_without,
    work_of,
)

TEXT, POSITION = "To be a sea", 7


def taken_apart(run, **which):
    opened = open_model(run, step=20)
    tokens = torch.tensor([opened.tokenizer.encode(TEXT)])
    seen = trace(opened.model, tokens)
    return receipt(opened.model, tokens, seen, position=POSITION, **which)


def test_the_numbers_are_those_of_the_receipt():
    run = made_run()
    found = account(ModelOnText(run.id, 20, TEXT), POSITION, 3, 5)
    expected = taken_apart(run, token=3, against=5)
    assert found.shares == pytest.approx(expected.shares.tolist())
    assert (found.logit, found.total) == pytest.approx((expected.logit, expected.total))
    head = next(place for place, part in enumerate(found.parts) if part.kind == "head")
    assert found.brought[0, 0].sum() == pytest.approx(found.shares[head], abs=1e-5)


def test_other_weights_under_the_same_step_are_another_question():
    run = made_run()
    first = account(ModelOnText(run.id, 20, TEXT), POSITION, 3, None)
    save_weights(run, run.config(), (20,), seed=1)
    assert account(ModelOnText(run.id, 20, TEXT), POSITION, 3, None).logit != first.logit


def test_why_there_is_none_is_handed_on():
    run = made_run(config=tiny_config(model__norm_position="post"))
    found = account_or_reason(ModelOnText(run.id, 20, TEXT), POSITION, 3, None)
    assert isinstance(found, ConfigurationError)


def test_what_is_lost_is_asked_of_some_tokens_only():
    run = made_run()
    some = lost_without(ModelOnText(run.id, 20, TEXT), POSITION, (3, 5))
    other = lost_without(ModelOnText(run.id, 20, TEXT), POSITION, (5,))
    np.testing.assert_allclose(some[:, 1], other[:, 0], atol=1e-6)
    assert len(some) == len(taken_apart(run, token=3).parts) - 1


def test_a_parts_work_is_its_vector_and_what_that_pushes():
    run = made_run()
    expected = taken_apart(run, token=0)
    found = work_of(ModelOnText(run.id, 20, TEXT), POSITION, 1)
    assert found.length == pytest.approx(float(expected.vectors[1].norm()), rel=1e-5)
    pushes = expected.read.pushes(expected.vectors[1][None])[0]
    token, push = found.raised[0]
    assert token == int(pushes.argmax())
    assert push == pytest.approx(float(pushes.max() - pushes.mean()), abs=1e-5)
    assert found.lowered[0][0] == int(pushes.argmin())


def test_after_the_last_step_stands_what_the_model_says():
    run = made_run()
    opened = open_model(run, step=20)
    with torch.inference_mode():
        odds = opened.model(torch.tensor([opened.tokenizer.encode(TEXT)]))[0, POSITION].softmax(-1)
    *_, last = likely_after_each_step(ModelOnText(run.id, 20, TEXT), POSITION)
    token, share = last[0]
    assert (token, share) == (int(odds.argmax()), pytest.approx(float(odds.max()), abs=1e-5))


def test_parts_are_taken_away_for_one_visitor_after_the_other(monkeypatch):
    run, real, inside, most = made_run(), prediction.logits_without, [], []

    def watched(*arguments, **options):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.05)
        inside.pop()
        return real(*arguments, **options)

    monkeypatch.setattr(prediction, "logits_without", watched)
    asking = [
        threading.Thread(target=lost_without, args=(ModelOnText(run.id, 20, TEXT), place, (0, 1)))
        for place in range(4)
    ]
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert most == [1] * 4


def test_what_takes_long_goes_in_pieces_that_are_told_and_kept(monkeypatch):
    run, told = made_run(), []
    asked = ModelOnText(run.id, 20, TEXT)
    at_once = lost_without(asked, POSITION, (0, 1))
    monkeypatch.setattr(prediction, "AT_ONCE_FLOPS", 1)
    np.testing.assert_allclose(
        lost_without(asked, POSITION, (0, 1), told.append), at_once, atol=1e-5
    )
    assert told == [part / len(at_once) for part in range(len(at_once))]

    def gone(_share):
        raise AssertionError("computed again")

    monkeypatch.setattr(prediction, "logits_without", gone)
    lost_without(asked, POSITION, (0, 1))


def test_no_more_is_kept_of_what_is_silenced_than_there_is_room_for(monkeypatch):
    asked = ModelOnText(made_run().id, 20, TEXT)
    size = 4 * open_model(RunStore.default().open(asked.run_id)).model.vocabulary_size
    monkeypatch.setattr(prediction, "SILENCED_BYTES", size)
    first, second = (effect_of_silencing(asked, POSITION, part) for part in (2, 3))
    assert effect_of_silencing(asked, POSITION, 3) is second
    assert effect_of_silencing(asked, POSITION, 2) is not first
    assert prediction._kept_silenced().bytes == size
