import time
from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.corpora.builtin import repeated_segments
from minigpt.corpora.corpus import Corpus
from minigpt.corpora.statistics import (
    CorpusStatistics,
    CountedStream,
    long_ngram_entropies,
    ngram_entropies,
    statistics,
    useful_guessers,
)
from minigpt.errors import CorpusError
from tests import shakespeare as tiny_shakespeare

IDS = st.lists(st.integers(0, 3), min_size=1, max_size=40)


def of(text: str) -> CorpusStatistics:
    return statistics(Corpus(name="few-words", title="Few words", text=text))


def test_counts() -> None:
    found = of("abca\nbaé")
    assert (found.characters, found.distinct_symbols, found.lines) == (8, 5, 2)
    assert found.most_frequent == (("a", 3), ("b", 2), ("\n", 1), ("c", 1), ("é", 1))
    assert found.entropies.uniform == pytest.approx(log(5))


@pytest.mark.parametrize(("text", "lines"), [("a b", 1), ("a\n", 1), ("a\nb", 2), ("a\n\n", 2)])
def test_lines(text: str, lines: int) -> None:
    assert of(text).lines == lines


def test_characters_beyond_sixteen_bits_count_once() -> None:
    assert of("\N{GRINNING FACE}ab\N{GRINNING FACE}").most_frequent[0] == ("\N{GRINNING FACE}", 2)


def test_only_the_most_frequent_are_listed() -> None:
    found = of("".join(map(chr, range(32, 120))))
    assert found.distinct_symbols == 88
    assert len(found.most_frequent) == 20


def test_entropies_predict_the_validation_part_from_the_training_part() -> None:
    # Training "ab" * 9: p(a) = p(b) = 1/2; validation "ab": p(b|a) = (9 + 1/2) / 10.
    found = of("ab" * 10).entropies
    assert found.unigram == pytest.approx(log(2))
    assert found.bigram == pytest.approx(-(log(1 / 2) + log(0.95)) / 2)


def test_a_million_characters_are_counted_quickly() -> None:
    """On tiny Shakespeare where this machine has it, else on a text of the same size."""
    real = tiny_shakespeare.FILE is not None
    text = tiny_shakespeare.text() if real else 6 * repeated_segments()[:185_899]
    started = time.process_time()
    found = of(text)
    assert time.process_time() - started < 2
    ladder = found.entropies
    assert ladder.uniform > ladder.unigram > ladder.bigram > ladder.trigram
    if real:
        assert (found.characters, found.distinct_symbols, found.lines) == (1_115_394, 65, 40_000)
        assert ladder.uniform == pytest.approx(4.1744, abs=1e-4)
        assert 2.45 < ladder.bigram < 2.5
        assert ladder.trigram < 2.1
        assert found.most_frequent[0] == (" ", 169_892)


def by_hand(training: list[int], validation: list[int], size: int, order: int) -> float:
    """The formula of the docstring, one token at a time."""

    def probability(history: tuple[int, ...], token: int) -> float:
        lower = probability(history[1:], token) if history else 1 / size
        width = len(history) + 1
        grams = Counter(tuple(training[i : i + width]) for i in range(len(training) - width + 1))
        following = {gram: count for gram, count in grams.items() if gram[:-1] == history}
        seen, variety = sum(following.values()), len(following)
        if seen == 0:
            return lower
        return (following.get((*history, token), 0) + variety * lower) / (seen + variety)

    return -sum(
        log(probability(tuple(validation[max(0, i - order + 1) : i]), token))
        for i, token in enumerate(validation)
    ) / len(validation)


def test_entropies_worked_out_on_paper() -> None:
    found = ngram_entropies(np.array([0, 1, 0, 1]), np.array([0, 1, 0]), 2)
    assert found.uniform == pytest.approx(log(2))
    # Both tokens are seen twice: (2 + 2 * 1/2) / (4 + 2) = 1/2.
    assert found.unigram == pytest.approx(log(2))
    # 0 -> 1 is seen twice: (2 + 1/2) / 3 = 5/6; 1 -> 0 once: (1 + 1/2) / 2 = 3/4.
    assert found.bigram == pytest.approx(-(log(1 / 2) + log(5 / 6) + log(3 / 4)) / 3)
    # 0 1 -> 0 is seen once: (1 + 3/4) / 2 = 7/8.
    assert found.trigram == pytest.approx(-(log(1 / 2) + log(5 / 6) + log(7 / 8)) / 3)


@given(IDS, IDS)
def test_entropies_equal_the_formula_by_hand(training: list[int], validation: list[int]) -> None:
    found = ngram_entropies(np.array(training), np.array(validation), 4)
    assert found.unigram == pytest.approx(by_hand(training, validation, 4, 1))
    assert found.bigram == pytest.approx(by_hand(training, validation, 4, 2))
    assert found.trigram == pytest.approx(by_hand(training, validation, 4, 3))


@given(IDS, IDS)
def test_longer_runs_equal_the_formula_by_hand(training: list[int], validation: list[int]) -> None:
    found = long_ngram_entropies(np.array(training), np.array(validation), 4)
    assert list(found) == [4, 5, 6]
    for order, entropy in found.items():
        assert entropy == pytest.approx(by_hand(training, validation, 4, order))


@given(IDS, IDS, IDS)
def test_a_stream_counted_once_foretells_every_text_as_if_counted_for_it(
    training: list[int], first: list[int], second: list[int]
) -> None:
    counted = CountedStream.of(np.array(training), 4)
    for text in (first, second):
        losses = counted.losses(np.array(text))
        assert list(losses) == [1, 2, 3, 4, 5, 6]
        for order, loss in losses.items():
            assert loss == pytest.approx(by_hand(training, text, 4, order))


def test_longer_runs_of_large_vocabularies_do_not_overflow() -> None:
    few = np.tile([3, 0, 2, 1, 2], 8)
    many = np.tile([50_256, 0, 50_255, 7, 50_255], 8)
    small = long_ngram_entropies(few, few, 4)
    large = long_ngram_entropies(many, many, 50_257)
    assert all(0 < small[order] < large[order] < log(50_257) for order in (4, 5, 6))


def test_of_a_long_stream_longer_runs_are_counted_in_a_part_of_it() -> None:
    stream = np.random.default_rng(1).integers(0, 3, 5000)
    whole = long_ngram_entropies(stream, stream[:500], 3)
    part = long_ngram_entropies(stream, stream[:500], 3, most=1000)
    assert part[6] != whole[6]
    assert part[6] == pytest.approx(log(3), abs=0.3)


def test_a_guesser_that_knows_more_and_does_worse_is_left_out() -> None:
    losses = {"even": 4.1, "letters": 4.2, "pairs": 3.0, "triples": 3.0, "runs of 4": 2.9}
    assert list(useful_guessers(losses)) == ["even", "pairs", "runs of 4"]


def test_tokens_never_seen_cost_a_finite_amount() -> None:
    found = ngram_entropies(np.array([0, 0, 0]), np.array([1, 2]), 3)
    assert found.trigram == pytest.approx(-log(1 / 4 * 1 / 3))


def test_any_integer_type_is_accepted() -> None:
    ids = [0, 1, 2, 0, 1, 2]
    wide = ngram_entropies(np.array(ids), np.array(ids), 3)
    assert ngram_entropies(np.array(ids, np.uint16), np.array(ids, np.uint16), 3) == wide


def test_large_vocabularies_do_not_overflow() -> None:
    ids = np.array([50_256, 0, 50_256, 0, 50_256])
    small = ngram_entropies(np.array([1, 0, 1, 0, 1]), np.array([1, 0]), 2)
    large = ngram_entropies(ids, ids[:2], 50_257)
    assert large.uniform == pytest.approx(log(50_257))
    assert small.trigram < large.trigram < large.uniform


@pytest.mark.parametrize(
    ("training", "validation"), [([], [0]), ([0], []), ([0, 5], [0]), ([0], [-1])]
)
def test_unusable_ids_are_refused(training: list[int], validation: list[int]) -> None:
    with pytest.raises(CorpusError) as raised:
        ngram_entropies(np.array(training, dtype=int), np.array(validation, dtype=int), 5)
    assert raised.value.field == "corpus"
