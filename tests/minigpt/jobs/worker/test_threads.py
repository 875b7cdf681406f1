import os

import pytest

from minigpt.jobs.worker.threads import ThreadChooser, idle_cores


class Machine:
    """Steps of a length that depends on the number of threads, on a clock of its own."""

    def __init__(self, seconds_by_threads, *, most=2, first=None):
        self.now, self.seconds = 0.0, seconds_by_threads
        self.chooser = ThreadChooser(most, first=first, clock=lambda: self.now)
        self.used = []

    def take(self, steps):
        """So many steps; how long they took."""
        began = self.now
        for _ in range(steps):
            threads = self.chooser.threads
            self.used.append(threads)
            self.now += self.seconds[threads]
            self.chooser.record(self.seconds[threads])
        return self.now - began


QUIET, BUSY = {1: 0.030, 2: 0.025}, {1: 0.031, 2: 0.120}


def test_a_quiet_machine_keeps_its_threads_and_loses_next_to_nothing():
    machine = Machine(QUIET)
    assert machine.take(2000) < 1.02 * 2000 * QUIET[2]
    assert machine.used.count(2) > 0.9 * 2000


def test_on_a_busy_machine_one_thread_is_left_within_a_second():
    machine = Machine(BUSY)
    assert machine.take(500) < 1.1 * 500 * BUSY[1]
    assert set(machine.used[20:]) == {1, 2}  # it goes on asking
    assert machine.used[20:].count(2) < 0.02 * 480


def test_what_changes_is_followed_both_ways():
    machine = Machine(QUIET)
    machine.take(400)
    machine.seconds = BUSY
    assert machine.take(400) < 1.15 * 400 * BUSY[1]
    machine.seconds = QUIET
    assert machine.take(800) < 1.1 * 800 * QUIET[2]
    assert machine.chooser.threads == 2 or machine.used[-10:].count(2) > 5


def test_long_steps_that_become_longer_bring_on_a_try_at_once():
    machine = Machine({1: 40.0, 2: 20.0})
    machine.take(60)
    assert machine.used[-20:] == [2] * 20
    machine.seconds = {1: 42.0, 2: 120.0}
    machine.take(12)
    assert machine.used[-4:] == [1] * 4


def test_tries_get_rarer_the_more_they_cost():
    machine = Machine({1: 10.0, 2: 5.0})
    machine.take(1000)
    extra = sum(10.0 - 5.0 for threads in machine.used if threads == 1)
    assert 0 < extra < 0.03 * machine.now


def test_of_many_threads_the_best_power_is_found():
    best = {16: 1.0, 8: 0.6, 4: 0.5, 2: 0.7, 1: 1.2}
    for first in (16, 1):
        machine = Machine(best, most=16, first=first)
        machine.take(200)
        assert sorted(machine.used[-50:])[25] == 4


@pytest.mark.parametrize(
    ("most", "first", "begins"), [(2, None, 2), (2, 1, 1), (6, 5, 3), (6, 100, 6), (1, 4, 1)]
)
def test_where_it_begins(most, first, begins):
    assert ThreadChooser(most, first=first).threads == begins


def test_one_thread_stays_one():
    machine = Machine({1: 0.01}, most=1)
    machine.take(50)
    assert set(machine.used) == {1}


def test_the_system_tells_which_cores_are_idle(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (2.6, 0.0, 0.0))
    assert idle_cores(4) == 1
    assert idle_cores(8) == 5
    monkeypatch.setattr(os, "getloadavg", lambda: (0.1, 0.0, 0.0))
    assert idle_cores(2) == 2
    monkeypatch.delattr(os, "getloadavg")
    assert idle_cores(2) == 2
