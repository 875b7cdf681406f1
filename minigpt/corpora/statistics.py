"""What can be said about a text before any model sees it.

How well counts of short sequences predict a text gives reference lines for every loss. A model
that knows only how frequent each token is can at best reach the unigram entropy, one that sees a
single token back the bigram entropy, and so on; a loss below the trigram line means that more than
the last two tokens are being used.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from minigpt.corpora.corpus import Corpus
from minigpt.errors import CorpusError


@dataclass(frozen=True, kw_only=True)
class NgramEntropies:
    """Cross-entropies in nats per token: the unit of a training loss."""

    uniform: float
    """Every token equally likely: ln V, the loss of an untrained model."""
    unigram: float
    """Knowing how frequent each token is."""
    bigram: float
    """Knowing the token before."""
    trigram: float
    """Knowing the two tokens before."""


def ngram_entropies(
    training_ids: Integer[np.ndarray, " training"],
    validation_ids: Integer[np.ndarray, " validation"],
    vocabulary_size: int,
) -> NgramEntropies:
    """Count n-grams in one stream of ids and measure how well they predict another.

    Probabilities are interpolated by the method of Witten and Bell (method C of "The
    zero-frequency problem", IEEE Transactions on Information Theory 37(4), 1991; in the
    recursive form of Chen and Goodman, "An empirical study of smoothing techniques for
    language modeling", Computer Speech & Language 13(4), 1999): a history h seen c(h) times
    with t(h) different followers gives p(w|h) = (c(h,w) + t(h) p(w|h')) / (c(h) + t(h)), where
    h' drops the oldest token; below the unigram lies 1/V. The first validation tokens use
    the histories they have.

    Args:
        training_ids: ids to count, each from 0 to V - 1.
        validation_ids: ids to predict.
        vocabulary_size: V. Ids are copied to 64 bits, so pass a slice of a very large stream.

    Raises:
        CorpusError: a stream is empty or holds an id outside the vocabulary.
    """
    training = _checked(training_ids, vocabulary_size)
    validation = _checked(validation_ids, vocabulary_size)
    probabilities = np.full(len(validation), 1.0 / vocabulary_size)
    entropies = []
    for order in (1, 2, 3):
        probabilities = _refine(probabilities, training, validation, order, vocabulary_size)
        entropies.append(float(-np.log(probabilities).mean()))
    unigram, bigram, trigram = entropies
    return NgramEntropies(
        uniform=float(np.log(vocabulary_size)), unigram=unigram, bigram=bigram, trigram=trigram
    )


def _refine(
    lower: Float[np.ndarray, " validation"],
    training: Int[np.ndarray, " training"],
    validation: Int[np.ndarray, " validation"],
    order: int,
    vocabulary_size: int,
) -> Float[np.ndarray, " validation"]:
    """Turn the probabilities of one order less into those of this order."""
    grams, gram_counts = np.unique(_codes(training, order, vocabulary_size), return_counts=True)
    histories, first, followers = np.unique(
        grams // vocabulary_size, return_index=True, return_counts=True
    )
    if len(grams) == 0:
        return lower
    history_counts = np.add.reduceat(gram_counts, first)
    wanted = _codes(validation, order, vocabulary_size)
    refined = lower.copy()
    known = refined[order - 1 :]
    seen = _lookup(histories, history_counts, wanted // vocabulary_size)
    variety = _lookup(histories, followers, wanted // vocabulary_size)
    hits = _lookup(grams, gram_counts, wanted)
    mixed = (hits + variety * known) / np.maximum(seen + variety, 1)
    known[:] = np.where(seen > 0, mixed, known)
    return refined


def _codes(
    ids: Int[np.ndarray, " tokens"], order: int, vocabulary_size: int
) -> Int[np.ndarray, " grams"]:
    """One number for each run of `order` ids; dividing by V drops the newest of them."""
    count = max(len(ids) - order + 1, 0)
    codes = np.zeros(count, dtype=np.int64)
    for offset in range(order):
        codes = codes * vocabulary_size + ids[offset : offset + count]
    return codes


def _lookup(
    keys: Int[np.ndarray, " keys"],
    values: Int[np.ndarray, " keys"],
    wanted: Int[np.ndarray, " wanted"],
) -> Int[np.ndarray, " wanted"]:
    """The value of each wanted key, 0 where it is missing; keys are sorted."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0)


def _checked(
    ids: Integer[np.ndarray, " tokens"], vocabulary_size: int
) -> Int[np.ndarray, " tokens"]:
    if len(ids) == 0:
        raise CorpusError("There are no tokens to count. Use a longer text.", field="corpus")
    if int(ids.min()) < 0 or int(ids.max()) >= vocabulary_size:
        raise CorpusError(
            "Ids must lie between 0 and {last}; {smallest} to {largest} were given. Use the "
            "tokenizer that made them.",
            field="corpus",
            last=vocabulary_size - 1,
            smallest=ids.min(),
            largest=ids.max(),
        )
    return ids.astype(np.int64)


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
    training, validation = (
        np.searchsorted(present, np.frombuffer(part.encode("utf-32-le"), dtype="<u4"))
        for part in (corpus.training_text, corpus.validation_text)
    )
    # A stable sort leaves equally frequent characters in alphabetical order.
    falling = present[np.argsort(-counts[present], kind="stable")][:MOST_FREQUENT]
    return CorpusStatistics(
        characters=len(corpus.text),
        distinct_symbols=len(present),
        lines=corpus.text.count("\n") + (not corpus.text.endswith("\n")),
        most_frequent=tuple((chr(point), int(counts[point])) for point in falling),
        entropies=ngram_entropies(training, validation, len(present)),
    )
