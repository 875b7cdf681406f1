"""Where in a text each of its tokens stands.

Tokens are counted one way and characters another, and a character may take several tokens. So two
models with different tokens can be compared character by character.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt

from minigpt.tokenizers import Tokenizer
from minigpt.tokenizers.base import Piece

TokenIds = Int[np.ndarray, " tokens"]
CharacterEnds = Int[np.ndarray, " tokens"]


@dataclass(frozen=True, slots=True)
class Place:
    """One token, and the characters that it completes."""

    piece: Piece
    start: int
    end: int
    """The character after it. A token that completes no character ends where it starts."""


def places(tokenizer: Tokenizer, text: str) -> list[Place]:
    """Every token of a text with its characters, also what the tokenizer cannot read.

    Where a character is cut into bytes, it belongs to the last of its tokens.
    """
    return list(_walk(tokenizer, text))


def readable_ends(tokenizer: Tokenizer, text: str) -> tuple[TokenIds, CharacterEnds]:
    """The ids of a text that the tokenizer can read, and where in the text each of them ends."""
    if tokenizer.is_by_character:
        return _known_characters(tokenizer, text)
    read = ((one.piece.id, one.end) for one in _walk(tokenizer, text) if one.piece.id is not None)
    pairs = np.fromiter(read, dtype=np.dtype((np.int32, 2)))
    return pairs[:, 0], pairs[:, 1]


def count_readable(tokenizer: Tokenizer, text: str) -> int:
    """About how many tokens of a text the tokenizer can read, long before each has its place."""
    if tokenizer.is_by_character:
        return len(_known_characters(tokenizer, text)[0])
    return len(tokenizer.encode_known(text))


def _known_characters(tokenizer: Tokenizer, text: str) -> tuple[TokenIds, CharacterEnds]:
    """The same without a step for each character, of which a text has a million."""
    known, points = _code_points("".join(tokenizer.vocabulary)), _code_points(text)
    ids = np.full(max(known.max(), points.max(initial=0)) + 1, -1, dtype=np.int32)
    ids[known] = np.arange(len(known))
    places_read = np.flatnonzero(ids[points] >= 0)
    return ids[points[places_read]], (places_read + 1).astype(np.int32)


def _code_points(text: str) -> UInt[np.ndarray, " characters"]:
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")


def tokens_between(ends: CharacterEnds, start: int, end: int) -> tuple[int, int]:
    """The tokens that any of some characters stands in, and the one after the last."""
    first = int(np.searchsorted(ends, start, side="right"))
    last = int(np.searchsorted(ends, end, side="left"))
    return first, min(last + 1, len(ends))


def places_of(passage: str, text: str) -> list[int]:
    """Every character of a text at which a passage begins, also where it overlaps itself."""
    found: list[int] = []
    at = text.find(passage) if passage else -1
    while at >= 0:
        found.append(at)
        at = text.find(passage, at + 1)
    return found


def _walk(tokenizer: Tokenizer, text: str) -> Iterator[Place]:
    cursor = 0
    waiting: list[int] = []
    for piece in tokenizer.pieces(text):
        if not waiting and text.startswith(piece.text, cursor):
            length = len(piece.text)
        else:
            waiting.append(piece.id or 0)
            length = _completed(tokenizer, waiting, text, cursor)
            waiting = [] if length else waiting
        yield Place(piece, cursor, cursor + length)
        cursor += length


def _completed(tokenizer: Tokenizer, ids: Iterable[int], text: str, cursor: int) -> int:
    """How many characters these tokens complete together; 0 while they end within one."""
    decoded = tokenizer.decode(ids)
    return len(decoded) if text.startswith(decoded, cursor) else 0
