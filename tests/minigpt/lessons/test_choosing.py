import pytest
import torch

from minigpt.lessons.choosing import compare_beams, draw_text, odds_after
from minigpt.runs.store import PROJECT_FOLDER, RunStore
from minigpt.runs.trained_model import open_model
from minigpt.sampling.distribution import SamplingConfig


@pytest.fixture(scope="module")
def demo():
    return open_model(RunStore(PROJECT_FOLDER / "checkpoints").open("demo-shakespeare"))


def look(demo, uniform=0.5, **settings):
    sampling = SamplingConfig(**{"temperature": 1.0, **settings})
    return odds_after(demo.model, demo.tokenizer, "To be, or not to b", sampling, uniform)


def test_the_likeliest_letter_ends_the_word(demo):
    seen = look(demo)
    assert seen.vocabulary[seen.likeliest[0]] == "e"
    assert seen.left == 65
    torch.testing.assert_close(seen.plain, seen.kept)


def test_temperature_and_filters(demo):
    assert look(demo, temperature=2.0).largest < look(demo).largest
    assert look(demo, top_p=0.9).left < 10
    assert look(demo, top_k=3).left == 3


def test_the_die_falls_into_the_stretch_of_what_is_drawn(demo):
    for uniform in (0.0, 0.3, 0.5, 0.99):
        seen = look(demo, uniform=uniform)
        end = seen.kept.double().cumsum(0)[seen.drawn].item()
        assert end - seen.kept[seen.drawn].item() <= uniform + 1e-6
        assert uniform <= end + 1e-6


def test_equal_seeds_write_equal_letters(demo):
    first = draw_text(demo.model, demo.tokenizer, "The ", 5, 7)
    assert first == draw_text(demo.model, demo.tokenizer, "The ", 5, 7)
    assert first != draw_text(demo.model, demo.tokenizer, "The ", 5, 8)
    assert all(0 < share <= 1 for share in first.shares)


def test_beams_find_nothing_less_probable(demo):
    seen = compare_beams(demo.model, demo.tokenizer, "The king ", 4)
    assert seen.beams_percent >= seen.greedy_percent
    assert len(seen.beams) == len(seen.greedy) == 8
