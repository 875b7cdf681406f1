from random import Random

import pytest
import torch

from minigpt.lessons.examples import by_heart, examples, first_batch
from minigpt.lessons.excerpts import OPENING

FIRST_NINE = (18, 47, 56, 57, 58, 1, 15, 47, 58)


def test_the_lectures_nine_tokens_are_eight_examples():
    seen = examples(OPENING, 8)
    assert seen.ids == FIRST_NINE
    assert seen.count == 8
    assert seen.known == 36
    assert list(zip(seen.contexts, seen.targets, strict=True)) == [
        (FIRST_NINE[:end], FIRST_NINE[end]) for end in range(1, 9)
    ]


def test_a_text_of_one_character_asks_nothing():
    assert examples("ü", 8).count == examples("a", 8).count == 0


def test_the_lectures_first_batch():
    seen = first_batch()
    assert seen.inputs.shape == seen.targets.shape == (4, 8)
    assert seen.inputs[0].tolist() == [24, 43, 58, 5, 57, 1, 46, 43]
    assert seen.targets[0].tolist() == [43, 58, 5, 57, 1, 46, 43, 39]
    assert seen.lines == 32
    assert seen.inputs.min() >= 0  # the windows that are drawn are those that are known
    assert seen.targets.min() >= 0
    assert torch.equal(seen.inputs[:, 1:], seen.targets[:, :-1])


def test_who_looks_further_back_learns_by_heart():
    seen = by_heart("".join(Random(0).choices("abcdefgh", k=9_000)), 4)
    assert list(seen.training) == sorted(seen.training, reverse=True)
    assert seen.validation[-1] > seen.validation[0] > seen.training[-1]
    assert seen.at == 4


def test_counting_nothing_costs_the_entropy_of_the_letters():
    seen = by_heart("ab" * 5_000, 0)
    assert seen.training[0] == pytest.approx(0.6931, abs=1e-3)
    assert seen.training[1] == pytest.approx(0, abs=1e-3)
