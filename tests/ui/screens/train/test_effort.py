import pytest

from minigpt.jobs.estimate.estimate import estimate
from tests.ui.harness import made_run, said, tiny_config
from ui.screens.train import launch
from ui.screens.train.launch import basis_in_words
from ui.services import runs
from ui.services.texts import facts
from ui.wording import duration, size


def show():
    from tests.ui.harness import tiny_config
    from ui.screens.train.launch import show_estimate
    from ui.services.texts import facts

    show_estimate(tiny_config(), facts(tiny_config()))


@pytest.fixture
def asked(monkeypatch):
    """The measurements that were asked for; each is under way for ever."""
    found = []

    def begin(config, *, vocabulary_size):
        found.append((config, vocabulary_size))
        return True

    monkeypatch.setattr(launch, "calibrate_in_background", begin)
    return found


def known():
    return estimate(tiny_config(), facts(tiny_config()))


def test_a_rough_guess_is_there_at_once_and_is_called_one(draw):
    at = draw(show)
    assert [metric.value for metric in at.metric] == [
        f"≈ {duration(known().seconds)}",
        f"≈ {size(known().memory_bytes)}",
    ]
    assert any("rough guess" in words for words in said(at.caption))
    assert not at.exception


def test_meanwhile_some_steps_are_timed(draw, asked):
    at = draw(show)
    assert asked[0] == (tiny_config(), facts(tiny_config()).vocabulary_size)
    assert said(at.caption) == [basis_in_words(known(), waits=True)]
    assert "being timed" in at.caption[0].value
    assert not at.exception


def test_nothing_is_timed_while_somebody_trains(draw, asked):
    run = made_run(steps=(), state=None, end=None)
    run.write("launch", {"at": run.read("meta")["created_at"]})
    runs.list_runs.clear()
    at = draw(show)
    assert asked == []
    assert "being timed" not in at.caption[0].value
    assert not at.exception


def test_when_it_is_known_the_page_is_drawn_once_more_with_it(draw, monkeypatch):
    answers = [True, False, False]
    monkeypatch.setattr(launch, "calibrate_in_background", lambda *_, **__: answers.pop(0))
    at = draw(show)
    assert answers == []
    assert "being timed" not in at.caption[0].value
    assert not at.exception
