"""Runs of tokens as numbers, counted and looked up: what statistics and guesses are made of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

MOST_CODES = 4_000_000
"""Up to which a table with a place for each is faster than sorting; 32 MB."""


@dataclass(frozen=True, kw_only=True)
class Runs:
    """Runs of one length in a stream, by their codes: a run's history times V, plus its last id."""

    grams: Integer[np.ndarray, " grams"]
    """Sorted, as the histories are."""
    counts: Integer[np.ndarray, " grams"]
    histories: Integer[np.ndarray, " histories"]
    history_counts: Integer[np.ndarray, " histories"]
    followers: Integer[np.ndarray, " histories"]
    """How many different ids follow each."""

    @classmethod
    def of(cls, runs: Integer[np.ndarray, " runs"], vocabulary_size: int) -> "Runs":
        """Count the codes of every run in a stream."""
        grams, counts = _counts(runs)
        histories, first, followers = np.unique(
            grams // vocabulary_size, return_index=True, return_counts=True
        )
        history_counts = np.add.reduceat(counts, first) if len(first) else counts
        found = (grams, counts, histories, history_counts, followers)
        names = ("grams", "counts", "histories", "history_counts", "followers")
        return cls(**dict(zip(names, map(narrow_integers, found), strict=True)))

    def refine(
        self,
        lower: Float[np.ndarray, " validation"],
        sought: Int[np.ndarray, " sought"],
        order: int,
        vocabulary_size: int,
    ) -> Float[np.ndarray, " validation"]:
        """Turn the probabilities of one order less into those of this order.

        Args:
            lower: of one order less.
            sought: the codes of the runs that end at each validation token from the `order`-th on.
            order: how many tokens a run has.
            vocabulary_size: V.
        """
        if len(self.grams) == 0:
            return lower
        refined = lower.copy()
        known = refined[order - 1 :]
        histories = sought // vocabulary_size
        seen = _lookup(self.histories, self.history_counts, histories)
        variety = _lookup(self.histories, self.followers, histories)
        hits = _lookup(self.grams, self.counts, sought)
        mixed = (hits + variety * known) / np.maximum(seen + variety, 1)
        known[:] = np.where(seen > 0, mixed, known)
        return refined


def narrow_integers(numbers: Integer[np.ndarray, " numbers"]) -> Integer[np.ndarray, " numbers"]:
    """In half the memory, where they fit."""
    fits = len(numbers) == 0 or numbers.max() <= np.iinfo(np.int32).max
    return numbers.astype(np.int32) if fits else numbers


def _counts(
    runs: Integer[np.ndarray, " runs"],
) -> tuple[Int[np.ndarray, " grams"], Int[np.ndarray, " grams"]]:
    """Which codes there are, sorted, and how often; without sorting where they are small."""
    if len(runs) == 0 or runs.max() >= MOST_CODES:
        return np.unique(runs, return_counts=True)
    counts = np.bincount(runs)
    grams = np.flatnonzero(counts)
    return grams, counts[grams]


def codes_of(
    ids: Int[np.ndarray, " tokens"], order: int, vocabulary_size: int
) -> Int[np.ndarray, " grams"]:
    """One number for each run of `order` ids; dividing by V drops the newest of them."""
    count = max(len(ids) - order + 1, 0)
    codes = np.zeros(count, dtype=np.int64)
    for offset in range(order):
        codes = codes * vocabulary_size + ids[offset : offset + count]
    return codes


def _lookup(
    keys: Integer[np.ndarray, " keys"],
    values: Integer[np.ndarray, " keys"],
    wanted: Int[np.ndarray, " wanted"],
) -> Int[np.ndarray, " wanted"]:
    """The value of each wanted key, 0 where it is missing; keys are sorted."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)


def numbers_of(
    keys: Int[np.ndarray, " keys"], codes: Integer[np.ndarray, " codes"]
) -> Int[np.ndarray, " codes"]:
    """As `places_of`, of codes that are not below zero; by a table where that is small."""
    if len(keys) == 0 or keys[-1] >= len(codes):
        return places_of(keys, codes)
    table = np.full(keys[-1] + 2, -1)
    table[keys] = np.arange(len(keys))
    return table.take(codes, mode="clip")  # all beyond the last key is -1


def places_of(
    keys: Int[np.ndarray, " keys"], wanted: Int[np.ndarray, "*wanted"]
) -> Int[np.ndarray, "*wanted"]:
    """Where each wanted key is among the sorted ones, -1 where it is missing."""
    if len(keys) == 0:
        return np.full(wanted.shape, -1)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1)
