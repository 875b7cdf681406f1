import pytest
import torch

from minigpt.errors import MiniGPTError
from minigpt.lessons.playing.fine_tuning import fine_tuning, split_new_text
from tests.ui.harness import SMALL_TEXT, made_run
from ui.services.inside import tuning
from ui.services.inside.tuning import fine_tuned, write_before_and_after
from ui.services.models import SizedCache, trained_model

TEXT = SMALL_TEXT[:400]


def learn(run, told, **changes):
    settings = {"rate": 0.01, "steps": 4, "seed": 1, "tell": told.append, **changes}
    return fine_tuned(run.id, settings.pop("text", TEXT), **settings)


def test_it_is_done_once_and_says_how_far_it_is(monkeypatch):
    run, told, begun = made_run(), [], []
    really = tuning.fine_tuning
    monkeypatch.setattr(tuning, "fine_tuning", lambda *a, **b: begun.append(1) or really(*a, **b))
    seen = learn(run, told)
    assert told == [0.0, 1.0]
    assert learn(run, told) == seen
    assert len(begun) == 1
    learn(run, told, rehearsing=True)
    assert len(begun) == 2


def test_fewer_steps_are_the_beginning_of_more_and_the_same_as_alone():
    run = made_run()
    more, fewer = (learn(run, [], steps=steps, rate=0.02) for steps in (12, 4))
    assert more.own[: len(fewer.own)] == fewer.own
    assert [step for step, _ in more.own] == [0, 4, 8, 12]
    opened = trained_model(run.id, None)
    read = split_new_text(opened.tokenizer, TEXT)
    *_, (alone, pupil) = fine_tuning(opened.model, read, rate=0.02, steps=4, seed=1)
    assert fewer.own[-1] == (4, alone.own)
    for name, weights in pupil.state_dict().items():
        torch.testing.assert_close(fewer.model.state_dict()[name], weights, rtol=0, atol=0)


def test_what_both_write_is_written_once():
    run = made_run()
    learnt = learn(run, [])
    first = write_before_and_after(run.id, learnt, ("a",), "ROMEO", 7)
    assert write_before_and_after(run.id, learnt, ("a",), "ROMEO", 7) is first
    assert write_before_and_after(run.id, learnt, ("a",), "ROMEO", 8) != first


def test_what_cannot_be_learnt_from_is_refused():
    with pytest.raises(MiniGPTError, match="characters that the model knows"):
        learn(made_run(), [], text="too short")


def test_a_large_model_is_not_copied(monkeypatch):
    monkeypatch.setattr("ui.services.inside.teaching.MOST_PARAMETERS", 100)
    with pytest.raises(MiniGPTError, match="parameters"):
        learn(made_run(), [], seed=2)


def test_what_is_kept_is_bounded(monkeypatch):
    run = made_run()
    room = 2 * tuning._bytes(trained_model(run.id, None).model)
    monkeypatch.setattr(tuning, "_courses", SizedCache(room))
    for seed in (1, 2, 3):
        learn(run, [], seed=seed)
    assert tuning._courses.bytes == room
