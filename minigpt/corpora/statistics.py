"""What can be said about a text before any model sees it.

How well counts of short sequences predict a text gives reference lines for every loss. A model
that knows only how frequent each token is can at best reach the unigram entropy, one that sees a
single token back the bigram entropy, and so on; a loss below the trigram line means that more than
the last two tokens are being used.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from minigpt.corpora.corpus import Corpus
from minigpt.corpora.counted_runs import Runs, codes_of, narrow_integers, numbers_of
from minigpt.errors import CorpusError

SHORT = 3
LONG = (4, 5, 6)
"""How many tokens the runs have that are counted; longer ones predict no text of a few MB."""
MOST_COUNTED, BLOCKS = 2_000_000, 20
"""Tokens in which longer runs are counted: there are many kinds of them, and of ten million tokens
they took 20 seconds of a processor and 700 MB."""


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
    short = _short_runs(training, vocabulary_size)
    validation = checked_ids(validation_ids, vocabulary_size)
    unigram, bigram, trigram = map(_entropy, _by_order(short, validation, vocabulary_size))
    return NgramEntropies(
        uniform=float(np.log(vocabulary_size)), unigram=unigram, bigram=bigram, trigram=trigram
    )


def long_ngram_entropies(
    training_ids: Integer[np.ndarray, " training"],
    validation_ids: Integer[np.ndarray, " validation"],
    vocabulary_size: int,
    *,
    most: int = MOST_COUNTED,
) -> dict[int, float]:
    """The same for runs of 4, 5 and 6 tokens, by their length; in nats per token.

    The runs up to three are counted in all of the training stream, the longer ones in
    `most` tokens evenly spread over it. For a long stream that is a little too high: what
    a model has to beat is at least as good.

    Raises:
        CorpusError: a stream is empty or holds an id outside the vocabulary.
    """
    counted = CountedStream.of(training_ids, vocabulary_size, most=most)
    return {order: loss for order, loss in counted.losses(validation_ids).items() if order > SHORT}


@dataclass(frozen=True, kw_only=True)
class CountedStream:
    """A stream that is counted once, to foretell any number of texts."""

    vocabulary_size: int
    short: tuple[Runs, ...]
    """By one token, by two, by three."""
    ids: Integer[np.ndarray, " counted"]
    """In which longer runs are counted."""
    beginnings: Integer[np.ndarray, " runs"]
    """The code of the run of `SHORT` of them that begins at each, as far as there is room."""

    @classmethod
    def of(
        cls,
        training_ids: Integer[np.ndarray, " training"],
        vocabulary_size: int,
        *,
        most: int = MOST_COUNTED,
    ) -> "CountedStream":
        """Count a stream; of a million characters that is kept in about 10 MB.

        Runs of more than three are counted in `most` tokens of it.

        Raises:
            CorpusError: it is empty or holds an id outside the vocabulary.
        """
        training = checked_ids(training_ids, vocabulary_size)
        counted = evenly_spread(training, most)
        return cls(
            vocabulary_size=vocabulary_size,
            short=_short_runs(training, vocabulary_size),
            ids=narrow_integers(counted),
            beginnings=narrow_integers(codes_of(counted, SHORT, vocabulary_size)),
        )

    def losses(
        self, validation_ids: Integer[np.ndarray, " validation"], *, given: int = 0
    ) -> dict[int, float]:
        """What runs of 1 to 6 tokens foretell of a text, in nats per token, by their length.

        Args:
            validation_ids: The text.
            given: So many of its first tokens are only looked back at, and not foretold.

        Raises:
            CorpusError: it is empty or holds an id outside the vocabulary.
        """
        validation = checked_ids(validation_ids, self.vocabulary_size)
        by_order = list(_by_order(self.short, validation, self.vocabulary_size))
        found = {order: _entropy(one[given:]) for order, one in enumerate(by_order, start=1)}
        for order, one in self._by_long_runs(validation, by_order[-1]):
            found[order] = _entropy(one[given:])
        return found

    def _by_long_runs(
        self,
        validation: Int[np.ndarray, " validation"],
        probabilities: Float[np.ndarray, " validation"],
    ) -> Iterator[tuple[int, Float[np.ndarray, " validation"]]]:
        size, ids = self.vocabulary_size, self.ids
        runs, ends = self.beginnings, np.arange(SHORT, len(self.beginnings) + SHORT)
        sought = codes_of(validation, SHORT, size)
        for order in LONG:
            # Runs are numbered anew, since V to the power of 6 may be beyond 64 bits; and those
            # that nobody asks about are left out, which are most of them where the text is short.
            left = max(len(validation) - order + 1, 0)
            keys, wanted = np.unique(sought[:left], return_inverse=True)
            histories = numbers_of(keys, runs)
            kept = np.flatnonzero(histories >= 0)
            kept = kept[ends[kept] < len(ids)]
            histories, ends = histories[kept], ends[kept]
            runs = histories * size + ids[ends]
            sought = wanted * size + validation[order - 1 :]
            ends = ends + 1
            probabilities = Runs.of(runs, size).refine(probabilities, sought, order, size)
            yield order, probabilities


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


def _short_runs(training: Int[np.ndarray, " training"], size: int) -> tuple[Runs, ...]:
    return tuple(Runs.of(codes_of(training, order, size), size) for order in range(1, SHORT + 1))


def _by_order(
    short: Sequence[Runs], validation: Int[np.ndarray, " validation"], vocabulary_size: int
) -> Iterator[Float[np.ndarray, " validation"]]:
    """The probability of each validation token by runs of one token, of two, of three."""
    probabilities = np.full(len(validation), 1.0 / vocabulary_size)
    for order, runs in enumerate(short, start=1):
        sought = codes_of(validation, order, vocabulary_size)
        probabilities = runs.refine(probabilities, sought, order, vocabulary_size)
        yield probabilities


def evenly_spread(
    ids: Integer[np.ndarray, " tokens"], most: int
) -> Integer[np.ndarray, " counted"]:
    """So many of a long stream, in blocks; where they meet, a few runs are none of the text's."""
    if len(ids) <= most:
        return ids
    size = most // BLOCKS
    starts = np.linspace(0, len(ids) - size, BLOCKS).astype(np.int64)
    return np.concatenate([ids[start : start + size] for start in starts])


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
