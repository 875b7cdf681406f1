import pytest

from minigpt.errors import ConfigurationError
from minigpt.lessons.copying import copying_head, head_birth, segment_of
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from tests.ui.harness import ROOT


@pytest.fixture(scope="module")
def demo():
    """A function from a step to the demo model that copies."""
    run = RunStore(ROOT / "checkpoints").open("demo-copying")
    return lambda step: open_model(run, step=step)


@pytest.fixture
def looked(demo):
    def look(step, letters="qXfRmd"):
        last = demo(None)
        return copying_head(demo(step).model, last.model, last.tokenizer, letters, step)

    return look


def test_the_trained_head_finds_what_it_copies(looked):
    seen = looked(900)
    assert seen.answer == "R"
    assert next(iter(seen.odds)) == "R"
    assert seen.place == seen.target == 4
    assert seen.share > 0.7
    assert seen.expected > 0.9
    assert seen.layer == 1


def test_before_its_training_it_looks_everywhere_alike(looked):
    seen = looked(0)
    assert seen.share == pytest.approx(seen.chance, abs=0.05)
    assert seen.expected < 0.1


def test_without_the_head_that_looks_one_back_it_is_lost(looked):
    seen = looked(900)
    assert seen.share_silenced < seen.share / 2
    assert seen.silenced < seen.expected / 2


def test_letters_count_once_and_have_to_be_enough(looked, demo):
    assert looked(900, "aabbccdd1 ").text == "\nabcdabc"
    with pytest.raises(ConfigurationError, match="fewer than 4"):
        segment_of("aab1", demo(None).tokenizer)


def test_the_birth_is_where_half_of_the_attention_is_reached():
    seen = head_birth([(0, 0.1), (10, 0.6), (20, 0.9)], [(0, 4.0)], 0.1)
    assert (seen.half, seen.steps, seen.first_half) == (10, 20, 50)
    assert seen.share[-1] == (20, pytest.approx(90))
    with pytest.raises(ConfigurationError, match="no head"):
        head_birth([(0, 0.1)], [], 0.1)
