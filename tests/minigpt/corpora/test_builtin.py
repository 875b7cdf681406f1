import hashlib
from collections.abc import Callable
from functools import cache

import pytest

from minigpt.corpora.builtin import (
    TASK_CHARACTERS,
    addition,
    repeated_segments,
    reversal,
    sorting,
)

text_of = cache(lambda task: task())
TASKS = [repeated_segments, addition, reversal, sorting]


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


@pytest.mark.parametrize(
    ("task", "is_right"),
    [
        (repeated_segments, is_repeated_segment),
        (addition, is_sum),
        (reversal, is_reversal),
        (sorting, is_sorting),
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
    ],
)
def test_text_is_the_same_on_every_machine(task: Callable[[], str], checksum: str) -> None:
    assert hashlib.sha256(text_of(task).encode()).hexdigest()[:16] == checksum
