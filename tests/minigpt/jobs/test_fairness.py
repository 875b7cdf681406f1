"""The rule of the queue as tables, and what holds for every queue there can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.jobs.fairness import Running, Waiting, line_up, next_run


def queue(text):
    """A queue out of "A1 B2": runs of owners and when each was queued."""
    return [Waiting(run=word, owner=word[0], since=float(word[1:])) for word in text.split()]


def busy(text):
    return [Running(owner=letter) for letter in text]


@pytest.mark.parametrize(
    ("waiting", "running", "served", "slots", "chosen"),
    [
        ("", "", {}, 1, None),
        ("A1", "", {}, 1, "A1"),
        ("A1", "B", {}, 1, None),
        ("A1", "BB", {}, 1, None),
        ("A1", "B", {}, 2, "A1"),
        # Who was first, where nothing else tells them apart.
        ("A2 B1 C3", "", {}, 1, "B1"),
        ("A2 A1", "", {}, 1, "A1"),
        # Who has fewer runs training, however long others have waited.
        ("A1 B9", "A", {"A": 0.5}, 2, "B9"),
        ("A1 B9", "AAB", {}, 4, "B9"),
        ("A1 B9", "AB", {}, 3, "A1"),
        # Whose turn it is: B has waited since 5, A since it was last served at 7.
        ("A1 B5", "", {"A": 7.0}, 1, "B5"),
        ("A1 B5", "", {"A": 3.0}, 1, "A1"),
        ("A1 B5", "", {"A": 7.0, "B": 8.0}, 1, "A1"),
        # An old turn is no reason to wait longer than somebody who came later.
        ("A5 B6", "", {"A": 1.0}, 1, "A5"),
    ],
)
def test_who_is_next(waiting, running, served, slots, chosen):
    found = next_run(queue(waiting), busy(running), served, slots=slots)
    assert (found and found.run) == chosen


@pytest.mark.parametrize(
    ("waiting", "running", "chosen"),
    [
        ("A1", "A", None),
        ("A1 B2", "A", "B2"),
        ("A1 B2", "AB", None),
        ("B2", "AA", "B2"),
    ],
)
def test_nobody_has_more_at_once_than_is_allowed(waiting, running, chosen):
    found = next_run(queue(waiting), busy(running), {}, slots=9, most_per_owner=1)
    assert (found and found.run) == chosen


def test_runs_without_an_owner_have_no_limit():
    waiting = [Waiting(run="x", owner="", since=1.0)]
    running = [Running(owner="")] * 5
    assert next_run(waiting, running, {}, slots=9, most_per_owner=1) == waiting[0]


def order(waiting, running="", served=None, *, slots=1, **more):
    positions = line_up(queue(waiting), busy(running), served or {}, slots=slots, now=100.0, **more)
    assert [one.position for one in positions.values()] == list(range(1, len(positions) + 1))
    return " ".join(positions)


def test_owners_take_turns():
    assert order("A1 A2 A3 A4 B5 C6") == "A1 B5 C6 A2 A3 A4"
    assert order("A1 A2 A3 B4 B5") == "A1 B4 A2 B5 A3"


def test_somebody_with_a_single_run_does_not_wait_for_all_of_another():
    assert order("A1 A2 A3 B4", "A", {"A": 50.0}) == "B4 A1 A2 A3"


def test_those_at_their_limit_are_passed_over_until_a_run_of_theirs_ends():
    assert order("A1 A2 B3", "A", slots=2, most_per_owner=1) == "B3 A1 A2"


def times(running, *, slots, waiting="A1 B2 C3 D4"):
    positions = line_up(queue(waiting), running, {}, slots=slots, now=100.0)
    return [position.seconds for position in positions.values()]


def test_the_time_of_a_start_is_when_a_slot_gets_free():
    running = [Running(owner="X", seconds_left=30.0), Running(owner="Y", seconds_left=10.0)]
    assert times(running, slots=2) == [10.0, 30.0, None, None]
    assert times(running, slots=3) == [0.0, 10.0, 30.0, None]
    assert times(running, slots=1) == [30.0, None, None, None]


def test_what_cannot_be_told_is_not_guessed():
    running = [Running(owner="X"), Running(owner="Y", seconds_left=10.0)]
    assert times(running, slots=2) == [10.0, None, None, None]
    assert times([Running(owner="X")], slots=1) == [None] * 4


OWNERS = st.sampled_from(["", "A", "B", "C"])
WAITING = st.lists(
    st.builds(Waiting, run=st.uuids().map(str), owner=OWNERS, since=st.floats(0, 99)), max_size=8
)
RUNNING = st.lists(
    st.builds(Running, owner=OWNERS, seconds_left=st.none() | st.floats(0, 1e6)), max_size=6
)
SERVED = st.dictionaries(OWNERS, st.floats(0, 99))
LIMIT = st.none() | st.integers(1, 3)


@given(WAITING, RUNNING, SERVED, st.integers(1, 5), LIMIT)
def test_everybody_has_a_position_and_gets_there(waiting, running, served, slots, limit):
    positions = line_up(waiting, running, served, slots=slots, now=100.0, most_per_owner=limit)
    assert set(positions) == {one.run for one in waiting}
    assert [one.position for one in positions.values()] == list(range(1, len(positions) + 1))
    known = [position.seconds for position in positions.values() if position.seconds is not None]
    assert known == sorted(known)
    for one in waiting:
        owned = [other for other in waiting if other.owner == one.owner]
        owned.sort(key=lambda other: (other.since, other.run))
        assert [run for run in positions if run in {other.run for other in owned}] == [
            other.run for other in owned
        ]


@given(WAITING, RUNNING, SERVED, st.integers(1, 5), LIMIT)
def test_the_first_position_is_that_of_the_next_run(waiting, running, served, slots, limit):
    chosen = next_run(waiting, running, served, slots=slots, most_per_owner=limit)
    positions = line_up(waiting, running, served, slots=slots, now=100.0, most_per_owner=limit)
    if chosen is not None:
        assert next(iter(positions)) == chosen.run
        assert positions[chosen.run].seconds == 0.0
    else:
        assert all(position.seconds != 0.0 or running for position in positions.values())
