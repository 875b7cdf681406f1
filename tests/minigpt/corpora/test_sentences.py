from collections import Counter

from minigpt.corpora.builtin import read_sentences
from minigpt.corpora.corpus import Corpus


def corpus() -> Corpus:
    return Corpus(name="sentences", title="Sentences", text=read_sentences())


def test_is_one_lower_case_sentence_a_line() -> None:
    lines = read_sentences().splitlines()
    assert len(lines) == 150
    assert all(line == line.strip().lower() and len(line.split()) >= 3 for line in lines)


def test_is_long_enough_to_be_judged() -> None:
    assert len(corpus().validation_text) >= 200


def test_the_cut_is_between_two_sentences() -> None:
    """A word cut in two would be unknown to a tokenizer of words."""
    assert corpus().training_text.endswith("\n")


def test_validation_holds_no_word_that_training_lacks() -> None:
    assert set(corpus().validation_text.split()) <= set(corpus().training_text.split())


def test_words_repeat() -> None:
    counts = Counter(read_sentences().split())
    assert len(counts) < 110
    assert sum(counts.values()) / len(counts) > 8


def test_hello_is_followed_by_different_words() -> None:
    follow = {line.split()[1] for line in corpus().training_text.splitlines() if "hello " in line}
    assert {"my", "anna"} <= follow
