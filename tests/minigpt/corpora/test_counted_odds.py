import numpy as np
import pytest

from minigpt.corpora.counted_odds import counted_odds, odds_after
from minigpt.corpora.statistics import long_ngram_entropies, ngram_entropies

V = 5
LONGEST = 5


@pytest.fixture(scope="module")
def streams():
    numbers = np.random.default_rng(0)
    # Some order, so that runs of every length recur.
    steps = numbers.choice([1, 1, 1, 2, 3], size=900).cumsum() % V
    return steps[:700], steps[700:]


def all_odds(training, texts, *, size=V, longest=LONGEST):
    judged = np.ones(texts.shape, dtype=bool)
    return list(counted_odds(training, texts, size, judged=judged, longest=longest))


def test_every_guess_is_a_distribution(streams):
    training, text = streams
    for odds in all_odds(training, text[None, :40]):
        assert odds.shape == (40, V)
        assert odds.sum(1) == pytest.approx(1.0, abs=1e-5)
        assert odds.min() > 0


def test_of_the_token_that_came_it_is_what_the_entropies_are_made_of(streams):
    training, text = streams
    short, long = (of(training, text, V) for of in (ngram_entropies, long_ngram_entropies))
    told = [short.uniform, short.unigram, short.bigram, short.trigram, long[4], long[5]]
    guesses = all_odds(training, text[None])
    first = -np.log(guesses[1][0, text[0]])  # of the first token nothing stands before
    for order, (odds, entropy) in enumerate(zip(guesses, told, strict=True)):
        costs = -np.log(odds[np.arange(len(text) - 1), text[1:]])
        begins = np.log(V) if order == 0 else first
        assert (costs.sum() + begins) / len(text) == pytest.approx(entropy, abs=1e-5)


def test_by_hand():
    # "0 1" twice and "0 2" once: of runs of two, 0 has seen three followers of two kinds.
    training = np.array([0, 1, 0, 1, 0, 2])
    even, single, pairs = all_odds(training, np.array([[0]]), size=3, longest=2)
    assert even[0] == pytest.approx([1 / 3] * 3)
    assert single[0] == pytest.approx(np.array([3 + 1, 2 + 1, 1 + 1]) / 9)
    assert pairs[0] == pytest.approx((np.array([0, 2, 1]) + 2 * single[0]) / 5)


def test_a_history_that_was_never_seen_leaves_it_to_shorter_ones(streams):
    training = np.array([0, 1, 2, 3] * 5)
    *_, pairs, triples = all_odds(training, np.array([[3, 1]]), longest=3)
    assert triples[1] == pytest.approx(pairs[1])  # 3 1 was never seen
    assert triples[0] == pytest.approx(pairs[0])  # and before the 3 there is nothing


def test_rows_know_nothing_of_each_other_and_only_judged_places_are_told(streams):
    training, text = streams
    texts = text[:60].reshape(3, 20)
    judged = np.zeros(texts.shape, dtype=bool)
    judged[1, 4:] = True
    chosen = list(counted_odds(training, texts, V, judged=judged, longest=LONGEST))
    alone = all_odds(training, texts[1:2])
    for some, all_of_them in zip(chosen, alone, strict=True):
        assert some == pytest.approx(all_of_them[4:])


def test_a_stream_shorter_than_the_runs_is_counted_as_far_as_it_goes():
    *_, pairs, triples = all_odds(np.array([0, 1]), np.array([[0, 1, 2]]), longest=3)
    assert triples == pytest.approx(pairs)


def test_one_place_is_told_the_same_without_counting_everything(streams):
    training, text = streams
    for place in (2, 50):
        few = list(odds_after(training, text[:place].tolist(), V, longest=LONGEST))
        last = np.arange(place)[None] == place - 1
        _even, *seen = counted_odds(training, text[None, :place], V, judged=last, longest=LONGEST)
        assert len(few) == min(LONGEST, place + 1)
        for one, other in zip(few, seen, strict=False):
            np.testing.assert_allclose(one, other[0], rtol=1e-5)


def test_a_history_that_was_never_seen_asks_the_shorter_one():
    odds = list(odds_after(np.array([0, 1, 0, 1, 2]), [2, 2], 3, longest=3))
    np.testing.assert_array_equal(odds[1], odds[0])
    np.testing.assert_array_equal(odds[2], odds[1])
