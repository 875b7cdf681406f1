"""How far counting goes: which runs of characters foretell best what was never counted."""

import math
from dataclasses import dataclass

import numpy as np

from minigpt.corpora.statistics import long_ngram_entropies, ngram_entropies
from minigpt.lessons.snippet import Snippet

JUDGED = 20_000
"""Characters at most that are foretold."""


@dataclass(frozen=True, kw_only=True)
class ContextCounts:
    """A text that is foretold by counts of another one."""

    characters: int
    """How many were counted."""
    bits: tuple[float, ...]
    """A character, by runs of one character, of two, and so on."""
    even: float
    unseen: tuple[float, ...]
    """How many of a hundred runs in the text that is foretold were never counted."""

    @property
    def best(self) -> int:
        """How long the runs are that foretell best."""
        return 1 + self.bits.index(min(self.bits))


COUNTED = Snippet(
    """
import math
import numpy as np
from minigpt.corpora import load_corpus
from minigpt.corpora.statistics import long_ngram_entropies, ngram_entropies

corpus = load_corpus($corpus)
known, new = corpus.training_text[:$characters], corpus.validation_text[:$judged]
vocabulary = sorted(set(known + new))
places = {one: place for place, one in enumerate(vocabulary)}
streams = [np.array([places[one] for one in text]) for text in (known, new)]

short = ngram_entropies(*streams, len(vocabulary))  # smoothed by the method of Witten and Bell
longer = long_ngram_entropies(*streams, len(vocabulary))
nats = (short.unigram, short.bigram, short.trigram, *longer.values())
bits, even = tuple(one / math.log(2) for one in nats), short.uniform / math.log(2)
best, characters = 1 + bits.index(min(bits)), len(known)

def runs(text, length):
    return [text[at : at + length] for at in range(len(text) - length + 1)]

unseen = ()
for length in range(1, len(bits) + 1):
    counted = set(runs(known, length))
    found = [one not in counted for one in runs(new, length)]
    unseen += (100 * sum(found) / len(found),)
""",
    ("characters", "bits", "even", "best", "unseen"),
)


def count_contexts(known: str, new: str) -> ContextCounts:
    """Runs of one to six characters counted in one text, and what they foretell of another.

    Raises:
        CorpusError: a text is empty.
    """
    vocabulary = sorted({*known, *new})
    places = {one: place for place, one in enumerate(vocabulary)}
    first, second = (np.array([places[one] for one in text], dtype=int) for text in (known, new))
    short = ngram_entropies(first, second, len(vocabulary))
    longer = long_ngram_entropies(first, second, len(vocabulary))
    nats = (short.unigram, short.bigram, short.trigram, *longer.values())
    return ContextCounts(
        characters=len(known),
        bits=tuple(one / math.log(2) for one in nats),
        even=short.uniform / math.log(2),
        unseen=tuple(_unseen(known, new, length) for length in range(1, len(nats) + 1)),
    )


def _unseen(known: str, new: str, length: int) -> float:
    counted_runs = set(_runs(known, length))
    found = [one not in counted_runs for one in _runs(new, length)]
    return 100 * sum(found) / max(1, len(found))


def _runs(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(len(text) - length + 1)]
