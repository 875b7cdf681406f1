import os
import time

import pytest
import torch

from minigpt.jobs.estimate import timing
from minigpt.jobs.estimate.timing import (
    Budgets,
    OthersMeter,
    StepTimer,
    seconds_of_work,
    use_threads_of,
    wait_until_idle,
)
from minigpt.models.configs import BigramConfig
from minigpt.runs.config import RunConfig
from minigpt.training.config import ComputeConfig, TrainingConfig

QUICK = Budgets(probe=0, steps=0, sample=0)


@pytest.fixture
def watch(tiny, tmp_path):
    return StepTimer(config=tiny, vocabulary_size=24, folder=tmp_path, budgets=QUICK)


def linear(watch, monkeypatch, *, one, more):
    """Steps that take `one` second for a window and `more` for each further one."""
    asked = []

    def steps(rows, config, budget, pieces=1):
        asked.append((rows, pieces))
        return one + more * (rows - 1)

    monkeypatch.setattr(watch, "_steps", steps)
    return asked


def watch_of(tmp_path, **training):
    config = RunConfig(model=BigramConfig(), training=TrainingConfig(**training))
    return StepTimer(config=config, vocabulary_size=24, folder=tmp_path, budgets=QUICK)


def test_every_part_of_every_rung_takes_time(rung, tiny_config, tiny, tmp_path):
    config = tiny.changed({"model.rung": rung, "model.context_length": 8})
    watch = StepTimer(config=config, vocabulary_size=24, folder=tmp_path, budgets=QUICK)
    assert watch.log_row_seconds() > 0
    parts = watch.parts()
    assert parts.pop("compile_seconds") == 0
    assert min(parts.values()) > 0


def test_neither_a_large_learning_rate_nor_limits_end_the_measurement(tiny, tmp_path):
    config = tiny.changed(
        {
            "training.learning_rate": 1e6,
            "training.steps": 1,
            "training.epochs": 0.001,
            "training.minutes": 1e-9,
            "training.patience": 1,
            "training.evaluation_interval": 1,
        }
    )
    watch = StepTimer(config=config, vocabulary_size=24, folder=tmp_path, budgets=QUICK)
    assert watch.step_seconds() > 0
    assert watch.log_row_seconds() > 0


def test_a_quick_step_is_timed_as_it_is(tmp_path, monkeypatch):
    watch = watch_of(tmp_path, batch_size=32, gradient_accumulation=4)
    asked = linear(watch, monkeypatch, one=0.001, more=0.0001)
    assert watch.step_seconds() == pytest.approx(0.001 + 31 * 0.0001)
    assert asked == [(1, 1), (32, 4)]


def test_a_step_that_takes_long_is_told_from_smaller_ones(tmp_path, monkeypatch):
    watch = watch_of(tmp_path, batch_size=128)
    asked = linear(watch, monkeypatch, one=0.25, more=0.2)
    assert watch.step_seconds() == pytest.approx(0.25 + 127 * 0.2)
    assert asked == [(1, 1), (4, 1)]


def test_a_step_that_only_seemed_to_take_long_is_timed_after_all(tmp_path, monkeypatch):
    watch = watch_of(tmp_path, batch_size=128)
    asked = linear(watch, monkeypatch, one=0.1, more=0.001)
    assert watch.step_seconds() == pytest.approx(0.1 + 127 * 0.001)
    assert asked == [(1, 1), (10, 1), (128, 1)]


def test_each_of_several_processes_takes_its_part(tiny, tmp_path, monkeypatch):
    config = tiny.changed({"training.batch_size": 32, "compute.processes": 4})
    watch = StepTimer(config=config, vocabulary_size=24, folder=tmp_path, budgets=QUICK)
    asked = linear(watch, monkeypatch, one=0.001, more=0.001)
    watch.step_seconds()
    assert asked[-1] == (8, 1)


def test_nothing_is_left_in_the_state_of_the_runs(watch, tmp_path):
    watch.log_row_seconds()
    watch.save_seconds()
    assert not (tmp_path / "checkpoints").exists()


def test_as_many_threads_compute_as_a_run_asks_for(tiny):
    before = torch.get_num_threads()
    try:
        use_threads_of(tiny.changed({"compute.threads": before + 1}))
        assert torch.get_num_threads() == before + 1
        use_threads_of(tiny)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_this_machine_multiplies_faster_than_it_adds_single_numbers(watch):
    speed = watch.machine_speed()
    assert speed["flops_per_second"] * speed["operation_seconds"] > 1


def test_the_seconds_of_a_call_are_those_until_it_returns(watch):
    clock = iter([5.0, 7.5])
    watch.clock = lambda: next(clock)
    assert watch._seconds(lambda: None) == 2.5


def test_on_a_busy_machine_one_thread_works_and_only_its_own_time_counts(watch):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with watch.by_own_time():
            assert torch.get_num_threads() == 1
            assert watch._seconds(time.sleep, 0.2) < 0.1  # whoever sleeps leaves the processor
            assert watch.step_seconds() > 0
            assert 1.4 < watch.speedup < 2
        assert (torch.get_num_threads(), watch.speedup) == (2, 1.0)
        assert watch._seconds(time.sleep, 0.2) >= 0.19
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("others", "threads", "hindered"),
    [(0.1, 1, False), (0.9, 1, False), (1.6, 1, True), (0.1, 2, False), (0.5, 2, True)],
)
def test_others_hinder_where_they_leave_fewer_cores_than_threads(
    clock, this_machine, others, threads, hindered
):
    this_machine(cores=2)
    own = 0.5  # cores that the timing itself takes
    meter = OthersMeter(
        work=works(clock, lambda _: others + own), own=lambda: own * clock(), clock=clock
    )
    clock.sleep(10)
    assert meter.hinder(ComputeConfig(threads=threads)) == hindered


@pytest.mark.parametrize(("load", "hindered"), [(2.0, False), (2.2, False), (5.0, True)])
def test_where_no_work_is_counted_the_load_tells_whether_others_hinder(
    clock, this_machine, load, hindered
):
    this_machine(cores=2)
    meter = OthersMeter(work=lambda: None, clock=clock, load=lambda: load)
    clock.sleep(10)
    assert meter.hinder(ComputeConfig(threads=2)) == hindered


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
    return wait_until_idle(work, clock=clock, sleep=clock.sleep)


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
    assert wait(clock, works(clock, lambda _: 0.1))
    assert clock() == timing.LOOK_SECONDS


def test_others_may_finish_first(clock):
    assert wait(clock, works(clock, lambda now: 2.0 if now < 2 else 0.0))
    assert 2 <= clock() <= 2 + 2 * timing.LOOK_SECONDS


def test_whoever_never_finishes_is_not_waited_for(clock):
    assert not wait(clock, works(clock, lambda _: 1.0))
    assert Budgets().idle <= clock() < Budgets().idle + timing.LOOK_SECONDS


def test_where_nobody_can_tell_nobody_waits_long(clock, tmp_path):
    assert seconds_of_work(tmp_path / "missing") is None
    assert wait(clock, lambda: None)
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
