import os
import time

import pytest

from minigpt.jobs.estimate import timing
from minigpt.jobs.estimate.timing import seconds_of_work, wait_until_idle


@pytest.fixture
def clock(monkeypatch):
    """Time that passes only where somebody sleeps."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return lambda: now[0]


def works(monkeypatch, clock, cores):
    """As many cores are busy as `cores` says of a moment."""
    work = [0.0, 0.0]

    def seconds():
        elapsed = clock() - work[1]
        work[0] += elapsed * cores(work[1])
        work[1] = clock()
        return work[0]

    monkeypatch.setattr(timing, "seconds_of_work", seconds)


def test_on_a_quiet_machine_one_look_is_enough(clock, monkeypatch):
    works(monkeypatch, clock, lambda _: 0.1)
    wait_until_idle()
    assert clock() == timing.LOOK_SECONDS


def test_others_may_finish_first(clock, monkeypatch):
    works(monkeypatch, clock, lambda now: 2.0 if now < 2 else 0.0)
    wait_until_idle()
    assert 2 <= clock() <= 2 + 2 * timing.LOOK_SECONDS


def test_whoever_never_finishes_is_not_waited_for(clock, monkeypatch):
    works(monkeypatch, clock, lambda _: 1.0)
    wait_until_idle()
    assert timing.PATIENCE_SECONDS <= clock() < timing.PATIENCE_SECONDS + timing.LOOK_SECONDS


def test_where_nobody_can_tell_nobody_waits_long(clock, monkeypatch, tmp_path):
    monkeypatch.setattr(timing, "WORK_FILE", tmp_path / "missing")
    assert seconds_of_work() is None
    wait_until_idle()
    assert clock() <= timing.LOOK_SECONDS


@pytest.mark.skipif(not hasattr(os, "sysconf"), reason="Windows has no sysconf")
def test_work_is_all_that_is_not_idle(monkeypatch, tmp_path):
    file = tmp_path / "stat"
    monkeypatch.setattr(timing, "WORK_FILE", file)
    # user, nice, system, idle, waiting, two kinds of interrupt, stolen, guests
    file.write_text("cpu  100 20 30 4000 500 6 7 37 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n")
    assert seconds_of_work() == pytest.approx(200 / os.sysconf("SC_CLK_TCK"))
    for damaged in ("", "cpu\n", "cpu a b c d e f g h\n"):
        file.write_text(damaged)
        assert seconds_of_work() is None
