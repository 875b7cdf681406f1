"""A piece of tiny Shakespeare that the demo model never learnt from, and passages of it to guess.

It lies here so that the game can be played where the text itself has not been downloaded.
Shakespeare's works are in the public domain. Whoever guesses types no capitals and no line breaks,
so a letter and its capital count as one here, and a line break is a space: for people, for models
and for counts alike.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import torch
from jaxtyping import Float, Int
from torch import Tensor

from minigpt.tokenizers import Tokenizer

START = 20_073
"""Where it stands in the validation part of tiny Shakespeare."""
PASSAGES, LETTERS, BEFORE = 12, 20, 64
"""How many passages there are, how long each is, and how many letters before it can be read."""


@cache
def held_out() -> str:
    """All of it."""
    folder = files("minigpt.lessons.playing") / "texts"
    return (folder / "held-out.txt").read_text(encoding="utf-8")


@cache
def passage_starts() -> tuple[int, ...]:
    """Where the passages begin: at the beginning of a word, within a line, evenly over the text."""
    text = held_out()
    room = (len(text) - BEFORE - LETTERS) // PASSAGES
    return tuple(
        next(place for place in range(BEFORE + index * room, len(text)) if _is_fit(text, place))
        for index in range(PASSAGES)
    )


def _is_fit(text: str, place: int) -> bool:
    passage = text[place : place + LETTERS]
    return text[place - 1] == " " and "\n" not in passage


def fold_capitals(text: str) -> str:
    """A text without capitals and line breaks, as long as before."""
    return text.replace("\n", " ").lower()


def symbols(tokenizer: Tokenizer) -> tuple[str, ...]:
    """What can be guessed of a text in these characters."""
    return tuple(sorted({fold_capitals(one) for one in tokenizer.vocabulary}))


def join_capitals(
    odds: Float[Tensor, "letters V"], tokenizer: Tokenizer
) -> Float[Tensor, "letters symbols"]:
    """Odds of characters as odds of what can be guessed: a letter's and its capital's added."""
    places = column_of(symbols(tokenizer), [fold_capitals(one) for one in tokenizer.vocabulary])
    empty = odds.new_zeros(len(odds), len(symbols(tokenizer)))
    return empty.index_add(1, places, odds)


def column_of(known: Sequence[str], text: Sequence[str]) -> Int[Tensor, " letters"]:
    """The place of each letter among the symbols."""
    return torch.tensor([known.index(one) for one in text])
