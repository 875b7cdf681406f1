"""Word vectors that are trained in a second, on the short sentences that come with the app."""

from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

from minigpt.corpora import load_corpus
from minigpt.errors import ConfigurationError
from minigpt.introspection.vectors.likeness import mean_likeness, neighbours
from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import draw_linear, seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.tokenizers.word import RESERVED, WordTokenizer

CORPUS, WIDTH, RATE, NEAREST = "sentences", 8, 0.05, 5
SHOWN = 12
"""Lines of the sentences."""
NAMES = ("anna", "ben", "clara", "david")
"""The people of these sentences."""


@dataclass(frozen=True, kw_only=True)
class WordVectors:
    """A word's neighbours after some steps of training."""

    word: str
    nearest: tuple[str, ...]
    cosines: tuple[float, ...]
    """Of these."""
    chance: float
    """The mean cosine of two words."""
    loss: float
    size: int
    """Of the vocabulary."""
    steps: int
    opening: str
    """The first of the sentences."""
    names: tuple[str, ...] = NAMES


WORD_VECTORS = Snippet(
    """
import torch
from torch import nn
from torch.nn import functional
from minigpt.corpora import load_corpus
from minigpt.tokenizers.word import WordTokenizer

text = load_corpus("sentences").text
tokenizer = WordTokenizer.train(text)
vocabulary, ids = tokenizer.vocabulary, torch.tensor(tokenizer.encode(text))
size = len(vocabulary)

torch.manual_seed(1337)
embedding, output = nn.Embedding(size, 8), nn.Linear(8, size)
optimizer = torch.optim.AdamW([*embedding.parameters(), *output.parameters()], lr=0.05)
for _ in range($steps):  # guess each next word from the vector of the one before
    loss = functional.cross_entropy(output(embedding(ids[:-1])), ids[1:])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

with torch.no_grad():
    loss = functional.cross_entropy(output(embedding(ids[:-1])), ids[1:]).item()
    unit = functional.normalize(embedding.weight, dim=1)
    cosines = unit @ unit.T
chance = ((cosines.sum() - size) / (size * (size - 1))).item()
at = vocabulary.index($word)
cosines[at, at] = -1
found = cosines[at].topk(5)
nearest = tuple(vocabulary[one] for one in found.indices.tolist())
cosines = tuple(found.values.tolist())
""",
    ("nearest", "cosines", "chance", "loss", "size"),
)


def known_word(typed: str) -> str:
    """The first word of what was typed that is in the sentences.

    Raises:
        ConfigurationError: there is none.
    """
    vocabulary = _tokenizer().vocabulary
    for word in typed.lower().split():
        if word in vocabulary and word not in RESERVED:
            return word
    raise ConfigurationError(
        "The sentences have no word of “{typed}”. Try {word}.", typed=typed, word=NAMES[0]
    )


def word_vectors(typed: str, steps: int) -> WordVectors:
    """Train word vectors for some steps, and look at the neighbours of a word.

    Raises:
        ConfigurationError: the word is not in the sentences.
    """
    word = known_word(typed)
    vocabulary = _tokenizer().vocabulary
    table, loss = _trained(steps)
    found = neighbours(table, vocabulary.index(word), by="cosine", most=NEAREST)
    return WordVectors(
        word=word,
        nearest=tuple(vocabulary[one] for one in found.ids),
        cosines=found.likeness,
        chance=mean_likeness(table, by="cosine"),
        loss=loss,
        size=len(vocabulary),
        steps=steps,
        opening="\n".join(load_corpus(CORPUS).text.splitlines()[:SHOWN]),
    )


@lru_cache(maxsize=1)
def _tokenizer() -> WordTokenizer:
    return WordTokenizer.train(load_corpus(CORPUS).text)


@lru_cache(maxsize=16)
def _trained(steps: int) -> tuple[Float[Tensor, "V C"], float]:
    tokenizer = _tokenizer()
    ids = torch.tensor(tokenizer.encode(load_corpus(CORPUS).text))
    chance, size = seeded_generator(SEED), len(tokenizer.vocabulary)
    embedding = torch.randn(size, WIDTH, generator=chance, requires_grad=True)
    output = torch.nn.Linear(WIDTH, size)
    draw_linear(chance, output)
    optimizer = torch.optim.AdamW([embedding, *output.parameters()], lr=RATE)

    def loss() -> Tensor:
        return functional.cross_entropy(output(embedding[ids[:-1]]), ids[1:])

    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(loss())
        optimizer.step()
    with torch.inference_mode():
        return embedding.detach(), float(loss())
