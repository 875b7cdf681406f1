"""Guessing a text letter by letter, and what the numbers of guesses say about it.

C. E. Shannon, "Prediction and entropy of printed English", Bell System Technical Journal 30 (1951),
let people guess each letter of a text until they had it. The numbers of guesses hold the whole
text: a twin who guesses alike can read it from them. So no fewer bits than a letter has can be
needed to write a number down, and from how often each number occurs follow two bounds.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

GIVEN_UP = "¤"
"""Stands among the guesses where a letter was given up; no text of the game has it."""


@dataclass(frozen=True, kw_only=True)
class GameProgress:
    """How far a game is."""

    ranks: tuple[int, ...]
    """At which guess each letter was found."""
    given_up: tuple[bool, ...]
    """Which of them were given up."""
    tried: str
    """What has been guessed of the next letter, all wrong."""


def replay_guesses(letters: str, moves: str, symbols: Sequence[str]) -> GameProgress:
    """What comes of some guesses; those that cannot have been made are passed over.

    A letter that was given up counts as if all that was left had been guessed blindly: on average
    in the middle of it.

    Args:
        letters: To be guessed.
        moves: Guesses one after the other, `GIVEN_UP` among them.
        symbols: What can be guessed.

    >>> replay_guesses("to", "at¤", " abcdefghijklmnopqrstuvwxyz").ranks
    (2, 14)
    """
    ranks: list[int] = []
    given_up: list[bool] = []
    tried = ""
    for move in moves:
        if len(ranks) == len(letters):
            break
        if move == GIVEN_UP:
            left = len(symbols) - len(tried)
            ranks.append(len(tried) + math.ceil((left + 1) / 2))
        elif move == letters[len(ranks)]:
            ranks.append(len(tried) + 1)
        else:
            tried += move if move in symbols and move not in tried else ""
            continue
        given_up.append(move == GIVEN_UP)
        tried = ""
    return GameProgress(ranks=tuple(ranks), given_up=tuple(given_up), tried=tried)


@dataclass(frozen=True, kw_only=True)
class ValueWithError:
    """A number, and how far it would scatter from as many other letters."""

    value: float
    error: float
    """One standard error."""


def at_least(ranks: Sequence[int]) -> float:
    """Shannon's lower bound in bits a letter: the mean of r log r - (r - 1) log (r - 1).

    It is his sum over r of r (q(r) - q(r + 1)) log r, put in another order. It holds for who
    guesses in the order of the true odds.
    """
    pieces = (times * _piece(rank) for rank, times in Counter(ranks).items())
    return sum(pieces) / len(ranks)


def _piece(rank: int) -> float:
    return rank * math.log2(rank) - (rank - 1) * math.log2(max(rank - 1, 1))


def at_most(ranks: Sequence[int]) -> float:
    """Shannon's upper bound in bits a letter: the entropy of the numbers of guesses."""
    shares = [times / len(ranks) for times in Counter(ranks).values()]
    return -sum(share * math.log2(share) for share in shares)


def jackknife_bound(
    ranks: Sequence[int], bound: Callable[[Sequence[int]], float]
) -> ValueWithError:
    """A bound without most of what it is too low by from few letters, and its standard error.

    The entropy of a handful of numbers is lower than that of what they were drawn from. Leaving
    out one letter at a time tells by how much (Zahl, "Jackknifing an index of diversity",
    Ecology 58, 1977).

    Args:
        ranks: Two or more.
        bound: `at_least` or `at_most`.
    """
    size, whole = len(ranks), bound(ranks)
    # Letters of the same rank leave the same behind.
    without = {
        rank: bound([*ranks[:at], *ranks[at + 1 :]])
        for rank, at in {rank: at for at, rank in enumerate(ranks)}.items()
    }
    pseudo = [size * whole - (size - 1) * without[rank] for rank in ranks]
    mean = sum(pseudo) / size
    scatter = sum((one - mean) ** 2 for one in pseudo) / (size - 1)
    return ValueWithError(value=max(0.0, mean), error=math.sqrt(scatter / size))
