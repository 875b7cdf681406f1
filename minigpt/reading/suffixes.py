"""Every place of a text where something stands: all its endings, sorted, found by halving.

A suffix array (Manber and Myers 1993), built by doubling the sorted length where that is not
settled yet (Larsson and Sadakane 2007). What it finds is what a search through the whole text would
find, in a time that hardly grows with the text.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt

PACKED_BITS = 63
"""Of the number in which the first characters of an ending are compared at once."""


@dataclass(frozen=True)
class Occurrences:
    """The places of a string, as the stretch of sorted endings that begin with it."""

    low: int
    high: int

    def __len__(self) -> int:
        return self.high - self.low


class Suffixes:
    """A text and its sorted endings, 4 bytes a character; never changed, for many readers.

    Tokens are a text too: each id is a character, see `of_ids`.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.order = _sorted_endings(text)

    @classmethod
    def of_ids(cls, ids: Int[np.ndarray, " tokens"] | UInt[np.ndarray, " tokens"]) -> "Suffixes":
        """Of token ids, each below 1,114,112."""
        return cls(as_text(ids))

    def find(self, string: str) -> Occurrences:
        """All places where a string stands; all of the text for an empty one."""
        return Occurrences(self._first(string), self._first(string, after=True))

    def places(self, occurrences: Occurrences, most: int | None = None) -> list[int]:
        """Where in the text they are, the earliest first; of very many some, if only some count."""
        stretch = self.order[occurrences.low : occurrences.high]
        if most is not None and len(stretch) > most:
            stretch = np.partition(stretch, most)[:most]
        return sorted(stretch.tolist())

    def longest_match(self, string: str) -> int:
        """How much of the beginning of a string stands somewhere in the text."""
        place = self._first(string)
        # Of all endings, one of the two neighbours in the order has most in common with it.
        near = (self.order[one] for one in (place - 1, place) if 0 <= one < len(self.order))
        return max((self._common(string, int(start)) for start in near), default=0)

    def longest_ending(self, string: str) -> int:
        """How much of the end of a string stands somewhere in the text."""
        # If a longer ending stands there, so does every shorter one.
        low, high = 0, len(string)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if len(self.find(string[-middle:])) else (low, middle - 1)
        return low

    def _first(self, wanted: str, *, after: bool = False) -> int:
        """The first ending that is not before the string, or the first after all with it."""
        text, length = self.text, len(wanted)
        low, high = 0, len(self.order)
        while low < high:
            middle = (low + high) // 2
            start = int(self.order[middle])
            beginning = text[start : start + length]
            if beginning < wanted or (after and beginning == wanted):
                low = middle + 1
            else:
                high = middle
        return low

    def _common(self, wanted: str, start: int) -> int:
        text = self.text
        low, high = 0, min(len(wanted), len(text) - start)
        while low < high:
            middle = (low + high + 1) // 2
            if text.startswith(wanted[low:middle], start + low):
                low = middle
            else:
                high = middle - 1
        return low


def as_text(ids: Int[np.ndarray, " tokens"] | UInt[np.ndarray, " tokens"]) -> str:
    """Token ids as characters, which strings can be searched by."""
    return np.asarray(ids).astype("<u4").tobytes().decode("utf-32-le", errors="surrogatepass")


def _sorted_endings(text: str) -> Int[np.ndarray, " N"]:
    """Where each ending begins, in the order of the endings."""
    points = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")
    if not len(points):
        return np.empty(0, dtype=np.int32)
    _, ids = np.unique(points, return_inverse=True)
    keys, length = _packed(ids.astype(np.int64) + 1)  # 0 stands for the end of the text
    order = np.argsort(keys, kind="stable").astype(np.int32)
    starts = _group_starts(keys[order])
    ranks = np.empty(len(order) + 1, dtype=np.int32)
    ranks[order], ranks[-1] = starts, -1
    del keys
    while True:
        open_places = _unsettled(starts)
        if not len(open_places):
            return order
        # Alike for `length` characters: what comes after those decides.
        some = order[open_places]
        later = ranks[np.minimum(some.astype(np.int64) + length, len(order))]
        inner = np.lexsort((later, starts[open_places]))
        some, later = some[inner], later[inner]
        order[open_places] = some
        groups = starts[open_places]
        differs = np.ones(len(some), dtype=bool)
        differs[1:] = (groups[1:] != groups[:-1]) | (later[1:] != later[:-1])
        starts[open_places] = open_places[
            np.maximum.accumulate(np.where(differs, np.arange(len(some)), 0))
        ]
        ranks[some] = starts[open_places]
        length *= 2


def _packed(ids: Int[np.ndarray, " N"]) -> tuple[Int[np.ndarray, " N"], int]:
    """The first characters of each ending as one number, and how many those are."""
    bits = int(ids.max()).bit_length()
    keys, length = ids, 1
    while 2 * length * bits <= PACKED_BITS:
        later = np.zeros_like(keys)
        later[:-length] = keys[length:]
        keys = (keys << (length * bits)) | later
        length *= 2
    return keys, length


def _group_starts(keys: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """For each of sorted keys, the place of the first that is equal."""
    differs = np.ones(len(keys), dtype=bool)
    differs[1:] = keys[1:] != keys[:-1]
    firsts = np.where(differs, np.arange(len(keys)), 0)
    return np.maximum.accumulate(firsts).astype(np.int32)


def _unsettled(starts: Int[np.ndarray, " N"]) -> Int[np.ndarray, " open"]:
    """The places in the order that share their group with another one."""
    alike = starts[1:] == starts[:-1]
    several = np.zeros(len(starts), dtype=bool)
    several[1:] |= alike
    several[:-1] |= alike
    return np.flatnonzero(several)
