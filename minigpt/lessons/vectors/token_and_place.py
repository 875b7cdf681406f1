"""The vectors that a model begins with: what stands there, plus where it stands."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.errors import ConfigurationError
from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.layers.embeddings import sinusoidal_positions

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WIDTH, LONGEST = 8, 12


@dataclass(frozen=True, kw_only=True)
class TokenAndPlace:
    """A word's letters as vectors, its places as vectors, and their sum."""

    word: str
    token: Float[Tensor, "T C"]
    position: Float[Tensor, "T C"]
    x: Float[Tensor, "T C"]
    kind: str
    """Of the positions: "learned", "waves" or "none"."""

    @property
    def twice(self) -> tuple[int, int] | None:
        """The first two places of a letter that comes twice, counted from 0."""
        for at, letter in enumerate(self.word):
            if letter in self.word[:at]:
                return self.word.index(letter), at
        return None


TOKEN_AND_PLACE = Snippet(
    """
import torch
from torch import nn
from minigpt.models.layers.embeddings import sinusoidal_positions

torch.manual_seed(1337)
token_embedding, position_embedding = nn.Embedding(26, 8), nn.Embedding(12, 8)
word = $word
ids = torch.tensor([ord(letter) - ord("a") for letter in word])
with torch.no_grad():
    token = token_embedding(ids)
    position = {
        "learned": position_embedding(torch.arange(len(ids))),
        "waves": sinusoidal_positions(len(ids), 8),
        "none": torch.zeros(len(ids), 8),
    }[$kind]
x = token + position
""",
    ("word", "token", "position", "x"),
)


def letters_of(typed: str) -> str:
    """The letters from a to z of what was typed, as many as the lesson has places for.

    Raises:
        ConfigurationError: there are none.
    """
    word = "".join(letter for letter in typed.lower() if letter in LETTERS)[:LONGEST]
    if not word:
        raise ConfigurationError("“{typed}” has no letter from a to z. Type one.", typed=typed)
    return word


def token_and_place(typed: str, kind: str) -> TokenAndPlace:
    """Add up a word's vectors; as a model begins, with numbers drawn at random.

    Raises:
        ConfigurationError: there is no letter in it.
    """
    word, chance = letters_of(typed), seeded_generator(SEED)
    tokens = torch.randn(len(LETTERS), WIDTH, generator=chance)
    places = torch.randn(LONGEST, WIDTH, generator=chance)
    token = tokens[[LETTERS.index(letter) for letter in word]]
    position = {
        "learned": places[: len(word)],
        "waves": sinusoidal_positions(len(word), WIDTH),
        "none": torch.zeros(len(word), WIDTH),
    }[kind]
    return TokenAndPlace(word=word, token=token, position=position, x=token + position, kind=kind)
