import pytest
import torch

from minigpt.introspection.vectors.gathering import gathering, letters_and_vowels

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_a_group_that_points_one_way_is_closer_than_all_others():
    vectors = torch.eye(8)
    vectors[:3] = torch.tensor([1.0, 1.0, 1.0, 0, 0, 0, 0, 0]) + 0.01 * torch.eye(8)[:3]
    found = gathering(vectors, [0, 1, 2])
    assert found.within == pytest.approx(1.0, abs=1e-3)
    assert (found.as_close, found.groups) == (1, 56)
    assert found.above_chance > 0.8
    assert gathering(vectors, [3, 4, 5]).as_close == 56  # all others are as close, or closer


def test_the_mean_is_over_pairs_and_not_over_tokens_with_themselves():
    vectors = torch.randn(6, 4)
    cosines = torch.nn.functional.cosine_similarity(vectors[:, None], vectors[None], dim=-1)
    found = gathering(vectors, [1, 4])
    assert found.within == pytest.approx(float(cosines[1, 4]), abs=1e-6)
    assert found.all_pairs == pytest.approx(float((cosines.sum() - 6) / 30), abs=1e-6)


def test_vowels_are_looked_for_among_small_letters():
    vocabulary = ["\n", "A", *reversed(LETTERS), "é"]
    letters, vowels = letters_and_vowels(vocabulary)
    assert [vocabulary[one] for one in letters] == list(LETTERS)
    assert [LETTERS[one] for one in vowels] == list("aeiou")


PIECES = [*LETTERS, *(f"{one}ing" for one in LETTERS), "the"]


@pytest.mark.parametrize(
    "vocabulary", [list("aeiouxyz"), list("bcdfghjklmnpqrst"), ["the", "a"], PIECES]
)
def test_where_there_are_too_few_letters_there_is_nothing_to_say(vocabulary):
    assert letters_and_vowels(vocabulary) == ([], [])
