"""What can be said about a text before any model sees it."""

from dataclasses import dataclass

import numpy as np

from minigpt.corpora.corpus import Corpus
from minigpt.corpora.entropies import NgramEntropies, ngram_entropies

MOST_FREQUENT = 20


@dataclass(frozen=True, kw_only=True)
class CorpusStatistics:
    """Counts over a whole text, and entropies of its validation part."""

    characters: int
    """Length of the text."""
    distinct_symbols: int
    """How many different characters there are, the V of a character model."""
    lines: int
    """How many lines, the last one counted even without its newline."""
    most_frequent: tuple[tuple[str, int], ...]
    """The most frequent characters with their counts, falling."""
    entropies: NgramEntropies
    """Nats per character on the validation part, counted on the training part."""


def statistics(corpus: Corpus) -> CorpusStatistics:
    """Count a text. One million characters take a fraction of a second."""
    code_points = np.frombuffer(corpus.text.encode("utf-32-le"), dtype="<u4")
    counts = np.bincount(code_points)
    present = np.flatnonzero(counts)
    ids = np.searchsorted(present, code_points)
    boundary = len(corpus.training_text)
    # A stable sort leaves equally frequent characters in alphabetical order.
    falling = present[np.argsort(-counts[present], kind="stable")][:MOST_FREQUENT]
    return CorpusStatistics(
        characters=len(corpus.text),
        distinct_symbols=len(present),
        lines=corpus.text.count("\n") + (not corpus.text.endswith("\n")),
        most_frequent=tuple((chr(point), int(counts[point])) for point in falling),
        entropies=ngram_entropies(ids[:boundary], ids[boundary:], len(present)),
    )
