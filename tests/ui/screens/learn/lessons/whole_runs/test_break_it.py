import gc
import weakref
from types import SimpleNamespace

from minigpt.lessons.whole_runs.broken import Outcome, Recipe
from minigpt.runs.analysis.rules import Kind
from ui.charts.figures import as_html
from ui.screens.learn.lessons.whole_runs import judged
from ui.screens.learn.lessons.whole_runs.faults import FAULTS, NAMES
from ui.screens.learn.lessons.whole_runs.judged import verdict_figure, verdict_of, writing_figure
from ui.services.models import SizedCache
from ui.theme import LIGHT


def outcome(validation, training):
    def curve(values):
        return tuple((15 * place, value) for place, value in enumerate(values))

    return Outcome(
        validation=curve(validation), training=curve(training), honest=3.0, broke_at=None,
        written="", frequency_loss=3.3, vocabulary=65, learning_tokens=500, tokens_seen=100_000,
        parameters=20_000,
    )  # fmt: skip


def test_the_verdict_is_that_of_the_rules_for_runs_and_blames_the_text():
    seen = outcome([4.2, 3.3, 3.6, 4.0, 4.6], [4.2, 3.0, 2.0, 1.0, 0.4])
    recipe = Recipe(sentences=15)
    assert verdict_of(seen, recipe).kind is Kind.MEMORISING
    shown = as_html(verdict_figure(seen, recipe), LIGHT)
    assert "It memorises since step 15" in shown
    assert "Its text is small" in shown


def test_what_did_not_learn_is_not_told_to_train_as_long_as_a_preset():
    seen = outcome([4.2, 3.4, 3.4, 3.4, 3.4], [4.2, 3.4, 3.4, 3.4, 3.4])
    assert verdict_of(seen, Recipe(rate=0.3)).kind is Kind.FLAT
    shown = as_html(verdict_figure(seen, Recipe(rate=0.3)), LIGHT)
    assert "It learnt at most how often each token occurs" in shown
    assert "preset" not in shown


def test_every_fault_can_be_chosen_and_is_another_training():
    assert set(FAULTS) == set(NAMES)
    assert len(set(FAULTS.values())) == len(FAULTS)
    assert Recipe() not in FAULTS.values()


def test_many_empty_lines_are_counted_and_not_drawn():
    shown = writing_figure("What it writes", "a\n" + "\n" * 27 + "b\n\nc").text
    assert shown == "a↵\n↵ × 27\nb↵\n↵\nc"


class Learnt:
    """What a training learns from."""


def test_of_a_training_that_is_over_only_what_came_of_it_is_kept(monkeypatch):
    held = []

    def training(*_):
        learnt = Learnt()
        held.append(weakref.ref(learnt))
        yield 0.5
        yield outcome([4.2, 3.3], [4.2, 3.0])

    text = SimpleNamespace(sha256="0", training_text="", validation_text="")
    monkeypatch.setattr(judged.runs, "corpus", lambda _name: text)
    monkeypatch.setattr(judged.broken, "train_stepwise", training)
    monkeypatch.setattr(judged, "_outcomes", SizedCache(judged.OUTCOMES_BYTES))
    seen = judged.train_beside_sound(Recipe(rate=0.3))
    assert seen.sound == seen.faulty == outcome([4.2, 3.3], [4.2, 3.0])
    gc.collect()
    assert [one() for one in held] == [None, None]
    assert judged.train_beside_sound(Recipe(rate=0.3)).faulty is seen.faulty
    assert len(held) == 2
