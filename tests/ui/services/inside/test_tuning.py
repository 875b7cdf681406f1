import pytest

from minigpt.errors import MiniGPTError
from tests.ui.harness import SMALL_TEXT, made_run
from ui.services.inside import tuning
from ui.services.inside.tuning import fine_tuned

TEXT = SMALL_TEXT[:400]


def learn(run, told, **changes):
    settings = {"rate": 0.01, "steps": 4, "seed": 1, "tell": told.append, **changes}
    return fine_tuned(run.id, settings.pop("text", TEXT), **settings)


def test_it_is_done_once_and_says_how_far_it_is(monkeypatch):
    run, told = made_run(), []
    seen = learn(run, told)
    assert told == [0.0, 0.0, 1.0]
    assert learn(run, told) is seen
    assert len(told) == 3
    assert learn(run, told, rehearsing=True) is not seen


def test_what_cannot_be_learnt_from_is_refused():
    with pytest.raises(MiniGPTError, match="characters that the model knows"):
        learn(made_run(), [], text="too short")


def test_a_large_model_is_not_copied(monkeypatch):
    monkeypatch.setattr("ui.services.inside.teaching.MOST_PARAMETERS", 100)
    with pytest.raises(MiniGPTError, match="parameters"):
        learn(made_run(), [], seed=2)


def test_what_is_kept_is_bounded():
    assert tuning._tunings.bytes <= tuning.TUNINGS_BYTES
