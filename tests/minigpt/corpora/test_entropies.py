from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.corpora.statistics import ngram_entropies
from minigpt.errors import CorpusError

IDS = st.lists(st.integers(0, 3), min_size=1, max_size=40)


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


def test_values_worked_out_on_paper() -> None:
    found = ngram_entropies(np.array([0, 1, 0, 1]), np.array([0, 1, 0]), 2)
    assert found.uniform == pytest.approx(log(2))
    # Both tokens are seen twice: (2 + 2 * 1/2) / (4 + 2) = 1/2.
    assert found.unigram == pytest.approx(log(2))
    # 0 -> 1 is seen twice: (2 + 1/2) / 3 = 5/6; 1 -> 0 once: (1 + 1/2) / 2 = 3/4.
    assert found.bigram == pytest.approx(-(log(1 / 2) + log(5 / 6) + log(3 / 4)) / 3)
    # 0 1 -> 0 is seen once: (1 + 3/4) / 2 = 7/8.
    assert found.trigram == pytest.approx(-(log(1 / 2) + log(5 / 6) + log(7 / 8)) / 3)


@given(IDS, IDS)
def test_equals_the_formula_by_hand(training: list[int], validation: list[int]) -> None:
    found = ngram_entropies(np.array(training), np.array(validation), 4)
    assert found.unigram == pytest.approx(by_hand(training, validation, 4, 1))
    assert found.bigram == pytest.approx(by_hand(training, validation, 4, 2))
    assert found.trigram == pytest.approx(by_hand(training, validation, 4, 3))


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
