"""What can be said about a text before any model sees it.

How well counts of short sequences predict a text gives reference lines for every loss. A model
that knows only how frequent each token is can at best reach the unigram entropy, one that sees a
single token back the bigram entropy, and so on; a loss below the trigram line means that more than
the last two tokens are being used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from minigpt.corpora.corpus import Corpus
from minigpt.errors import CorpusError

SHORT = 3
LONG = (4, 5, 6)
"""How many tokens the runs have that are counted; longer ones predict no text of a few MB."""
MOST_COUNTED, BLOCK = 2_000_000, 100_000
"""Tokens in which longer runs are counted: there are many kinds of them, and of ten million tokens
they took 20 seconds of a processor and 700 MB."""


MOST_CODES = 4_000_000
"""Up to which a table with a place for each is faster than sorting; 32 MB."""


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
    training = checked_ids(training_ids, vocabulary_size)
    validation = checked_ids(validation_ids, vocabulary_size)
    unigram, bigram, trigram = map(_entropy, _by_order(training, validation, vocabulary_size))
    return NgramEntropies(
        uniform=float(np.log(vocabulary_size)), unigram=unigram, bigram=bigram, trigram=trigram
    )


def long_ngram_entropies(
    training_ids: Integer[np.ndarray, " training"],
    validation_ids: Integer[np.ndarray, " validation"],
    vocabulary_size: int,
) -> dict[int, float]:
    """The same for runs of 4, 5 and 6 tokens, by their length; in nats per token.

    The runs up to three are counted in all of the training stream, the longer ones in
    `MOST_COUNTED` tokens evenly spread over it. For a long stream that is a little too high: what
    a model has to beat is at least as good.

    Raises:
        CorpusError: a stream is empty or holds an id outside the vocabulary.
    """
    training = checked_ids(training_ids, vocabulary_size)
    validation = checked_ids(validation_ids, vocabulary_size)
    *_, probabilities = _by_order(training, validation, vocabulary_size)
    counted = evenly_spread(training, MOST_COUNTED)
    runs = _codes(counted, SHORT, vocabulary_size)
    sought, ends = _codes(validation, SHORT, vocabulary_size), np.arange(len(runs)) + SHORT
    found = {}
    for order in LONG:
        # Runs are numbered anew, since V to the power of 6 may be beyond 64 bits; and those that
        # nobody asks about are left out, which are most of them where the text is short.
        left = max(len(validation) - order + 1, 0)
        keys, wanted = np.unique(sought[:left], return_inverse=True)
        histories = places_of(keys, runs)
        goes_on = (histories >= 0) & (ends < len(counted))
        histories, ends = histories[goes_on], ends[goes_on]
        runs = histories * vocabulary_size + counted[ends]
        sought = wanted * vocabulary_size + validation[order - 1 :]
        ends = ends + 1
        probabilities = _mixed(probabilities, runs, sought, order, vocabulary_size)
        found[order] = _entropy(probabilities)
    return found


def useful_guessers(losses: Mapping[str, float]) -> dict[str, float]:
    """Those that do better than every one before, which knows less.

    One that knows more and does worse has seen too little text for what it counts. To beat it
    would say nothing.
    """
    useful: dict[str, float] = {}
    for name, loss in losses.items():
        if not useful or loss < min(useful.values()):
            useful[name] = loss
    return useful


def _entropy(probabilities: Float[np.ndarray, " validation"]) -> float:
    return float(-np.log(probabilities).mean())


def _by_order(
    training: Int[np.ndarray, " training"],
    validation: Int[np.ndarray, " validation"],
    vocabulary_size: int,
) -> Iterator[Float[np.ndarray, " validation"]]:
    """The probability of each validation token by runs of one token, of two, of three."""
    probabilities = np.full(len(validation), 1.0 / vocabulary_size)
    for order in range(1, SHORT + 1):
        runs = _codes(training, order, vocabulary_size)
        sought = _codes(validation, order, vocabulary_size)
        probabilities = _mixed(probabilities, runs, sought, order, vocabulary_size)
        yield probabilities


def evenly_spread(
    ids: Integer[np.ndarray, " tokens"], most: int
) -> Integer[np.ndarray, " counted"]:
    """So many of a long stream, in blocks; where they meet, a few runs are none of the text's."""
    if len(ids) <= most:
        return ids
    starts = np.linspace(0, len(ids) - BLOCK, most // BLOCK).astype(np.int64)
    return np.concatenate([ids[start : start + BLOCK] for start in starts])


def _mixed(
    lower: Float[np.ndarray, " validation"],
    runs: Int[np.ndarray, " runs"],
    sought: Int[np.ndarray, " sought"],
    order: int,
    vocabulary_size: int,
) -> Float[np.ndarray, " validation"]:
    """Turn the probabilities of one order less into those of this order.

    Args:
        lower: of one order less.
        runs: the code of every run in the training stream: its history times V, plus its last id.
        sought: the codes of the runs that end at each validation token from the `order`-th on.
        order: how many tokens a run has.
        vocabulary_size: V.
    """
    if len(runs) == 0:
        return lower
    grams, gram_counts = _counts(runs)
    histories, first, followers = np.unique(
        grams // vocabulary_size, return_index=True, return_counts=True
    )
    history_counts = np.add.reduceat(gram_counts, first)
    refined = lower.copy()
    known = refined[order - 1 :]
    seen = _lookup(histories, history_counts, sought // vocabulary_size)
    variety = _lookup(histories, followers, sought // vocabulary_size)
    hits = _lookup(grams, gram_counts, sought)
    mixed = (hits + variety * known) / np.maximum(seen + variety, 1)
    known[:] = np.where(seen > 0, mixed, known)
    return refined


def _counts(
    runs: Int[np.ndarray, " runs"],
) -> tuple[Int[np.ndarray, " grams"], Int[np.ndarray, " grams"]]:
    """Which codes there are, sorted, and how often; without sorting where they are small."""
    if runs.max() >= MOST_CODES:
        return np.unique(runs, return_counts=True)
    counts = np.bincount(runs)
    grams = np.flatnonzero(counts)
    return grams, counts[grams]


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


def places_of(
    keys: Int[np.ndarray, " keys"], wanted: Int[np.ndarray, "*wanted"]
) -> Int[np.ndarray, "*wanted"]:
    """Where each wanted key is among the sorted ones, -1 where it is missing."""
    if len(keys) == 0:
        return np.full(wanted.shape, -1)
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, places, -1)


def checked_ids(
    ids: Integer[np.ndarray, " tokens"], vocabulary_size: int
) -> Int[np.ndarray, " tokens"]:
    """A stream in 64 bits.

    Raises:
        CorpusError: it is empty or holds an id outside the vocabulary.
    """
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


def long_run_entropies(corpus: Corpus) -> dict[int, float]:
    """What counting runs of 4, 5 and 6 characters reaches on the validation part, by length."""
    present = np.unique(np.frombuffer(corpus.text.encode("utf-32-le"), dtype="<u4"))
    training, validation = (
        np.searchsorted(present, np.frombuffer(part.encode("utf-32-le"), dtype="<u4"))
        for part in (corpus.training_text, corpus.validation_text)
    )
    return long_ngram_entropies(training, validation, len(present))
