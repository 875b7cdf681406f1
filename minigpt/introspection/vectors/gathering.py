"""Whether some tokens lie closer together than others do: vowels among the letters, to begin with.

That the vowels of a trained model look close on a picture proves little: eyes find groups anywhere.
So their mean cosine is put beside that of every other group of as many letters.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

VOWELS = "aeiou"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
FEWEST_LETTERS = 10
"""With fewer there are too few other groups to be compared with."""
ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True)
class Gathering:
    """How close a group lies, as mean cosines of pairs."""

    within: float
    """Of all pairs in the group."""
    all_pairs: float
    """Of all pairs of everything that is compared: what chance would give."""
    as_close: int
    """How many groups of that size are as close or closer; the group itself is one of them."""
    groups: int
    """How many there are."""

    @property
    def above_chance(self) -> float:
        """By how much the group is closer than any tokens are."""
        return self.within - self.all_pairs


def letters_and_vowels(vocabulary: Sequence[str]) -> tuple[list[int], list[int]]:
    """The ids of the small letters, and where the vowels stand among these; both may be empty.

    Of a vocabulary without all five vowels, or with too few other letters, nothing is returned;
    nor where most tokens are longer: there a letter by itself is what no longer piece begins or
    ends with, and what lies near it says nothing about letters.
    """
    if 2 * sum(len(token) == 1 for token in vocabulary) < len(vocabulary):
        return [], []
    ids = {token: index for index, token in enumerate(vocabulary)}
    letters = [letter for letter in LETTERS if letter in ids]
    if len(letters) < FEWEST_LETTERS or not set(VOWELS) <= set(letters):
        return [], []
    return [ids[letter] for letter in letters], [letters.index(vowel) for vowel in VOWELS]


def gathering(vectors: Float[Tensor, "n C"], group: Sequence[int]) -> Gathering:
    """How close some of these vectors lie, against all of them and every group of as many.

    Args:
        vectors: Few enough that their groups can be gone through: 26 of them have 65,780 of five.
        group: Which of them, two or more.
    """
    lengths = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    unit = (vectors / lengths.clamp(min=1e-12)).double()
    cosines: Float[np.ndarray, "n n"] = (unit @ unit.T).numpy()
    means = _means(cosines, _groups(len(vectors), len(group)))
    within = float(_means(cosines, np.array([group]))[0])
    return Gathering(
        within=within,
        all_pairs=float(_means(cosines, np.arange(len(vectors))[None])[0]),
        as_close=int((means >= within - ROUNDING).sum()),
        groups=len(means),
    )


@lru_cache(maxsize=2)
def _groups(count: int, size: int) -> Int[np.ndarray, "groups size"]:
    return np.array(list(itertools.combinations(range(count), size)))


def _means(
    cosines: Float[np.ndarray, "n n"], groups: Int[np.ndarray, "groups size"]
) -> Float[np.ndarray, " groups"]:
    """The mean over all pairs in each group."""
    pairs = list(itertools.combinations(range(groups.shape[1]), 2))
    total = np.zeros(len(groups))
    for first, second in pairs:
        total += cosines[groups[:, first], groups[:, second]]
    found: Float[np.ndarray, " groups"] = total / len(pairs)
    return found
