import dataclasses
import hashlib
import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from minigpt.corpora import CORPORA, load_corpus
from minigpt.corpora.builtin import (
    TASK_CHARACTERS,
    TINY_SHAKESPEARE,
    addition,
    indonesian_words,
    least_loss,
    read_python_docs,
    read_sentences,
    read_tiny_shakespeare,
    reduplication,
    repeated_segments,
    reversal,
    segment_nats,
    sorting,
    sum_nats,
    word_nats,
)
from minigpt.corpora.corpus import Corpus
from minigpt.corpora.statistics import statistics
from minigpt.errors import CorpusError
from tests import shakespeare as tiny_shakespeare

text_of = cache(lambda task: task())
TASKS = [repeated_segments, addition, reversal, sorting, reduplication]


def is_repeated_segment(line: str) -> bool:
    half = line[: len(line) // 2]
    return line == half + half and half.isalpha() and len(set(half)) == len(half)


def is_sum(line: str) -> bool:
    question, answer = line.split("=")
    first, second = question.split("+")
    return int(first) + int(second) == int(answer) and str(int(answer)) == answer


def is_reversal(line: str) -> bool:
    word, answer = line.split(">")
    return answer == "".join(reversed(word)) and 3 <= len(word) <= 8


def is_sorting(line: str) -> bool:
    word, answer = line.split(">")
    return sorted(word) == list(answer) and 3 <= len(word) <= 8


def is_reduplication(line: str) -> bool:
    who, _verb, what = line.split(" ")
    return all(one.partition("-")[0] == one.partition("-")[2] for one in (who, what))


@pytest.mark.parametrize(
    ("line_nats", "lines"),
    [
        (segment_nats, {"ab" * length: math.perm(52, length) for length in range(6, 16)}),
        (sum_nats, {"12+34=46": 200 * 200}),
        (word_nats, {f"{'a' * length}>": math.perm(26, length) for length in range(3, 9)}),
    ],
)
def test_how_likely_all_lines_are_adds_up_to_one(line_nats, lines):
    # A line of each length, and how many there are that are as likely.
    assert sum(many * math.exp(-line_nats(line)) for line, many in lines.items()) == pytest.approx(
        1
    )


@pytest.mark.parametrize("name", ["repeated-segments", "addition", "reversal", "sorting"])
def test_nobody_who_only_counts_comes_near_the_loss_of_whoever_knows_the_rule(name):
    corpus, least = load_corpus(name), CORPORA[name].least_loss
    counted = statistics(corpus).entropies
    assert 0.9 < least(corpus.validation_text) < 0.8 * counted.trigram
    assert least(corpus.validation_text) == pytest.approx(least(corpus.text), rel=0.005)


def test_what_is_left_of_a_line_does_not_count():
    whole = least_loss("3+4=7\n12+34=46\n0+0=0\n", sum_nats)
    assert whole == pytest.approx(2 * 2 * math.log(200) / (len("12+34=46\n") + len("0+0=0\n")))
    assert whole == least_loss("4=7\n12+34=46\n0+0=0\n19", sum_nats)


@pytest.mark.parametrize(
    ("task", "is_right"),
    [
        (repeated_segments, is_repeated_segment),
        (addition, is_sum),
        (reversal, is_reversal),
        (sorting, is_sorting),
        (reduplication, is_reduplication),
    ],
)
def test_every_line_is_a_right_exercise(
    task: Callable[[], str], is_right: Callable[[str], bool]
) -> None:
    lines = text_of(task).splitlines()
    assert all(is_right(line) for line in lines)
    assert len(lines) > 5000


@pytest.mark.parametrize("task", TASKS)
def test_no_exercise_appears_twice(task: Callable[[], str]) -> None:
    lines = text_of(task).splitlines()
    assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("task", TASKS)
def test_has_the_promised_size(task: Callable[[], str]) -> None:
    text = text_of(task)
    assert TASK_CHARACTERS <= len(text) < TASK_CHARACTERS + 50
    assert text.endswith("\n")


@pytest.mark.parametrize("task", TASKS)
def test_seed_decides_the_text(task: Callable[[int], str]) -> None:
    assert task(1337) == text_of(task) != task(8)


def test_lengths_of_segments_vary() -> None:
    lengths = {len(line) // 2 for line in text_of(repeated_segments).splitlines()}
    assert lengths == set(range(6, 16))


@pytest.mark.parametrize(
    ("task", "checksum"),
    [
        (repeated_segments, "b8b451c97c56dfe8"),
        (addition, "828993cb5ac25b06"),
        (reversal, "15495cbad66925de"),
        (sorting, "c9fee806273b9df0"),
        (reduplication, "127d1bf22f638766"),
    ],
)
def test_text_is_the_same_on_every_machine(task: Callable[[], str], checksum: str) -> None:
    assert hashlib.sha256(text_of(task).encode()).hexdigest()[:16] == checksum


def test_the_floor_of_the_indonesian_plurals_follows_from_what_is_drawn() -> None:
    corpus, least = load_corpus("reduplication"), CORPORA["reduplication"].least_loss
    assert [len(words) for words in indonesian_words()] == [40, 14, 91]
    nats = math.log(40) + math.log(14) + math.log(91)
    per_character = nats * corpus.text.count("\n") / len(corpus.text)
    assert least(corpus.text) == pytest.approx(per_character, rel=1e-3)
    assert least(corpus.validation_text) == pytest.approx(0.2955, rel=0.01)
    assert least(corpus.validation_text) < 0.5 * statistics(corpus).entropies.trigram


def test_indonesian_nouns_are_each_listed_once_and_occur_often() -> None:
    subjects, verbs, objects = indonesian_words()
    every = [*subjects, *verbs, *objects]
    assert len(set(every)) == len(every)
    nouns = Counter(text_of(reduplication).replace("-", " ").split())
    assert min(nouns[noun] for noun in [*subjects, *objects]) > 2 * 24


def test_the_documentation_is_a_large_text_about_python() -> None:
    text = read_python_docs()
    assert len(text) > 300_000
    assert 'The "assert" statement' in text


def test_the_documentation_is_the_same_each_time() -> None:
    assert read_python_docs() == read_python_docs()


@pytest.mark.parametrize("module", ["pydoc_data.missing", "json"])
def test_python_without_documentation_is_explained(module: str) -> None:
    with pytest.raises(CorpusError, match="short sentences") as raised:
        read_python_docs(module)
    assert raised.value.field == "corpus"


def sentences() -> Corpus:
    return Corpus(name="sentences", title="Sentences", text=read_sentences())


def test_the_sentences_are_lower_case_one_a_line() -> None:
    lines = read_sentences().splitlines()
    assert len(lines) == 150
    assert all(line == line.strip().lower() and len(line.split()) >= 3 for line in lines)


def test_the_sentences_are_long_enough_to_be_judged() -> None:
    assert len(sentences().validation_text) >= 200


def test_the_cut_is_between_two_sentences() -> None:
    """A word cut in two would be unknown to a tokenizer of words."""
    assert sentences().training_text.endswith("\n")


def test_validation_holds_no_word_that_training_lacks() -> None:
    assert set(sentences().validation_text.split()) <= set(sentences().training_text.split())


def test_words_of_the_sentences_repeat() -> None:
    counts = Counter(read_sentences().split())
    assert len(counts) < 110
    assert sum(counts.values()) / len(counts) > 8


def test_hello_is_followed_by_different_words() -> None:
    follow = {
        line.split()[1] for line in sentences().training_text.splitlines() if "hello " in line
    }
    assert {"my", "anna"} <= follow


def text_to_serve() -> bytes:
    """The real text where this machine has it, else a stand-in of the same size."""
    if tiny_shakespeare.FILE is not None:
        return tiny_shakespeare.FILE.read_bytes()
    characters = bytes(range(ord(" "), ord(" ") + 65))
    return (characters * (1_115_394 // 65 + 1))[:1_115_394]


def test_shakespeare_has_the_known_size(loopback: Any) -> None:
    content = text_to_serve()
    checksum = hashlib.sha256(content).hexdigest()
    if tiny_shakespeare.FILE is not None:
        assert checksum == TINY_SHAKESPEARE.sha256
    download = dataclasses.replace(TINY_SHAKESPEARE, url=loopback.serve(content), sha256=checksum)
    text = read_tiny_shakespeare(download)
    assert len(text) == 1_115_394
    assert len(set(text)) == 65


def test_shakespeare_is_kept_in_the_data_folder(data: Path) -> None:
    assert data / "tinyshakespeare.txt" == TINY_SHAKESPEARE.path


def test_another_text_in_the_place_of_shakespeare_is_refused(loopback: Any) -> None:
    download = dataclasses.replace(TINY_SHAKESPEARE, url=loopback.serve(b"not Shakespeare"))
    with pytest.raises(CorpusError, match="Tiny Shakespeare could not be downloaded"):
        read_tiny_shakespeare(download)
