"""What plain counting says may come next: the whole distribution, and not one token's odds.

Runs of tokens are counted in a text and smoothed as in `minigpt.corpora.statistics` (Witten and
Bell). Next to the distribution of a model, this tells how much of it counting explains.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from minigpt.corpora.counted_runs import places_of
from minigpt.corpora.statistics import MOST_COUNTED, checked_ids, evenly_spread

UNKNOWN = -1
"""The number of a run that the counted text does not have, or that has no room before a place."""

Odds = Float[np.ndarray, "places V"]


def counted_odds(
    training_ids: Integer[np.ndarray, " training"],
    texts: Integer[np.ndarray, "B T"],
    vocabulary_size: int,
    *,
    judged: Bool[np.ndarray, "B T"],
    longest: int,
) -> Iterator[Odds]:
    """What may follow each judged token, by an even guess, by single tokens, by runs of 2, 3, ...

    A run ends with the token that is guessed, so runs of three see two tokens of a text. Where
    what stands before was never seen, or the text has not begun so early, the guess is that of
    the next shorter runs. Of a long stream `MOST_COUNTED` tokens are counted, evenly spread.

    Args:
        training_ids: The stream to count.
        texts: Where to guess: each row knows only its own tokens.
        vocabulary_size: V.
        judged: After which of their tokens.
        longest: How long the longest runs are.

    Raises:
        CorpusError: the stream is empty or holds an id outside the vocabulary.
    """
    counted = evenly_spread(training_ids, MOST_COUNTED)
    counted = checked_ids(counted, vocabulary_size)
    odds = np.full((int(judged.sum()), vocabulary_size), 1.0 / vocabulary_size, dtype=np.float32)
    yield odds
    # Runs are numbered as they are met, since V to the power of 5 may be beyond 64 bits.
    histories = np.zeros(len(counted), dtype=np.int64)
    wanted = np.zeros(texts.shape, dtype=np.int64)
    for order in range(1, longest + 1):
        histories = histories[: max(len(counted) - order + 1, 0)]
        runs = histories * vocabulary_size + counted[order - 1 :]
        grams, histories, counts = np.unique(runs, return_inverse=True, return_counts=True)
        if len(grams):
            odds = _mixed(odds, grams, counts, wanted[judged])
        yield odds
        before = np.full_like(wanted, 0 if order == 1 else UNKNOWN)
        before[:, 1:] = wanted[:, :-1]
        known = places_of(grams, before * vocabulary_size + texts)
        wanted = np.where(before < 0, UNKNOWN, known)


def _mixed(
    lower: Odds,
    grams: Int[np.ndarray, " grams"],
    counts: Int[np.ndarray, " grams"],
    wanted: Int[np.ndarray, " places"],
) -> Odds:
    """The odds of runs of this length, from those of the next shorter ones.

    Args:
        lower: Those of the next shorter runs.
        grams: What was seen, sorted: the number of its history times V, plus its last token.
        counts: How often.
        wanted: The number of the history at each place.
    """
    size = lower.shape[1]
    seen_by = grams // size
    first, last = (np.searchsorted(seen_by, wanted, side=side) for side in ("left", "right"))
    variety = last - first
    upto = np.concatenate([[0], np.cumsum(counts)])
    total = upto[last] - upto[first] + variety
    kept = np.where(variety > 0, variety / np.maximum(total, 1), 1.0)
    mixed = lower * kept.astype(np.float32)[:, None]
    # One entry for each follower of each place's history.
    rows = np.repeat(np.arange(len(wanted)), variety)
    entries = np.arange(len(rows)) + np.repeat(first - (np.cumsum(variety) - variety), variety)
    mixed[rows, grams[entries] % size] += counts[entries] / total[rows]
    return mixed


def odds_after(
    training: Integer[np.ndarray, " training"],
    history: Sequence[int],
    vocabulary_size: int,
    *,
    longest: int,
) -> Iterator[Float[np.ndarray, " V"]]:
    """What may follow one history, by single tokens, by runs of two, up to `longest`.

    The same odds as `counted_odds`, without numbering every run of the stream first: for a few
    places that is many times faster. A history that is shorter gives fewer.

    Args:
        training: Ids to count.
        history: Ids before the one that is asked about.
        vocabulary_size: V.
        longest: Tokens in the longest run, the one asked about among them.
    """
    odds = np.full(vocabulary_size, 1.0 / vocabulary_size)
    places = np.zeros(0, dtype=np.int64)
    for back in range(longest):
        if back:
            if back > len(history):
                break
            places = _narrowed(training, places, history[-back], back)
        # After no history at all stands everything: faster without naming each place.
        followers = training[places] if back else training
        counts = np.bincount(followers, minlength=vocabulary_size)
        seen, variety = counts.sum(), np.count_nonzero(counts)
        if seen:
            odds = (counts + variety * odds) / (seen + variety)
        yield odds


def _narrowed(
    training: Integer[np.ndarray, " training"],
    places: Integer[np.ndarray, " some"],
    token: int,
    back: int,
) -> Integer[np.ndarray, " fewer"]:
    """Those places before which, so many tokens back, a token stands."""
    if back == 1:  # every place is looked at: faster without naming each
        return np.flatnonzero(training[:-1] == token) + 1
    within = places[places >= back]
    return within.compress(training[within - back] == token)
