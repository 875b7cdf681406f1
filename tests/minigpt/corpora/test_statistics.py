import time
from math import log

import pytest

from minigpt.corpora.builtin import repeated_segments
from minigpt.corpora.corpus import Corpus
from minigpt.corpora.statistics import CorpusStatistics, statistics
from tests import shakespeare as tiny_shakespeare


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
