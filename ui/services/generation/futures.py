"""What may come next, and after each of that, as far as somebody opened it."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from minigpt.sampling.filters import WITHOUT
from ui.services.generation.odds import odds_after

Path = tuple[int, ...]
"""Tokens after the text, each by its id."""
MASS, MOST_CHILDREN = 0.9, 12
"""Of what follows a place, those are shown that together reach this probability, and not more."""


@dataclass(frozen=True)
class Future:
    """One token that may come next, or all others of its place as one."""

    path: Path
    """To it, with it; of the others, to their place."""
    probability: float
    """After what comes before it, by the model itself."""
    of_path: float
    """Of the whole way to it."""
    is_open: bool = False
    others: int = 0
    """How many tokens these are, where they are the others; 0 for one token."""


def futures(run_id: str, step: int, ids: Sequence[int], opened: Collection[Path]) -> list[Future]:
    """The tree below a text, each token followed by what may come after it, if it is open.

    Args:
        run_id: Whose model says it.
        step: Of its training.
        ids: The text.
        opened: The ways that are open. What is not below the text, or below what is not open, is
            not looked at.

    Raises:
        MiniGPTError: the model is missing, or the text is empty.
    """
    return list(_below(run_id, step, tuple(ids), (), 1.0, frozenset(opened)))


def likeliest_ways(run_id: str, step: int, ids: Sequence[int], depth: int) -> list[Path]:
    """The likeliest next token, the likeliest after that, and so on: a tree opened along them.

    Raises:
        MiniGPTError: the model is missing, or the text is empty.
    """
    way: Path = ()
    ways = []
    for _level in range(depth):
        way = (*way, odds_after(run_id, step, [*ids, *way], WITHOUT).order[0])
        ways.append(way)
    return ways


def _below(
    run_id: str, step: int, ids: Path, path: Path, of_path: float, opened: frozenset[Path]
) -> Iterator[Future]:
    odds = odds_after(run_id, step, [*ids, *path], WITHOUT)
    shares = odds.stages[0].probabilities.double()
    shown, reached = 0, 0.0
    for token in odds.order[:MOST_CHILDREN]:
        if reached >= MASS:
            break
        share, way = float(shares[token]), (*path, token)
        shown, reached = shown + 1, reached + share
        yield Future(way, share, of_path * share, way in opened)
        if way in opened:
            yield from _below(run_id, step, ids, way, of_path * share, opened)
    if left := len(shares) - shown:
        rest = max(0.0, 1 - reached)
        yield Future(path, rest, of_path * rest, others=left)
