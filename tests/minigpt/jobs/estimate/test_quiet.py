import os

import pytest

from minigpt.jobs.estimate import timing
from minigpt.jobs.estimate.timing import seconds_of_work, wait_until_idle


class Clock:
    """Time that passes only where somebody sleeps."""

    now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


def wait(clock, work):
    wait_until_idle(work, clock=clock, sleep=clock.sleep)


def works(clock, cores):
    """As many cores are busy as `cores` says of a moment."""
    work = [0.0, 0.0]

    def seconds():
        elapsed = clock() - work[1]
        work[0] += elapsed * cores(work[1])
        work[1] = clock()
        return work[0]

    return seconds


def test_on_a_quiet_machine_one_look_is_enough(clock):
    wait(clock, works(clock, lambda _: 0.1))
    assert clock() == timing.LOOK_SECONDS


def test_others_may_finish_first(clock):
    wait(clock, works(clock, lambda now: 2.0 if now < 2 else 0.0))
    assert 2 <= clock() <= 2 + 2 * timing.LOOK_SECONDS


def test_whoever_never_finishes_is_not_waited_for(clock):
    wait(clock, works(clock, lambda _: 1.0))
    assert timing.PATIENCE_SECONDS <= clock() < timing.PATIENCE_SECONDS + timing.LOOK_SECONDS


def test_where_nobody_can_tell_nobody_waits_long(clock, tmp_path):
    assert seconds_of_work(tmp_path / "missing") is None
    wait(clock, lambda: None)
    assert clock() <= timing.LOOK_SECONDS


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="Windows has no sysconf")
def test_work_is_all_that_is_not_idle(tmp_path):
    file = tmp_path / "stat"
    # user, nice, system, idle, waiting, two kinds of interrupt, stolen, guests
    file.write_text("cpu  100 20 30 4000 500 6 7 37 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n")
    assert seconds_of_work(file) == pytest.approx(200 / os.sysconf("SC_CLK_TCK"))
    for damaged in ("", "cpu\n", "cpu a b c d e f g h\n"):
        file.write_text(damaged)
        assert seconds_of_work(file) is None
