import pytest

from minigpt.jobs.worker.throughput import LEAST_STEPS, PartsMeter, ThroughputMeter
from minigpt.training.progress import Progress


@pytest.fixture
def clock():
    """What the clock of the meter shows, for the test to set."""
    return [1000.0]


def test_the_time_of_earlier_workers_counts(clock):
    meter = ThroughputMeter(Progress(step=10, seconds=30.0), lambda: clock[0])
    clock[0] += 5
    assert meter.seconds == 35.0


def test_the_rate_is_that_of_the_last_seconds(clock):
    meter = ThroughputMeter(Progress(), lambda: clock[0])
    assert meter.tokens_per_second is None
    for seconds, tokens in [(0, 0), (100, 1000), (105, 2000)]:
        clock[0] = 1000.0 + seconds
        meter.record_step(tokens)
    assert meter.tokens_per_second == pytest.approx(1000 / 5)


def test_steps_slower_than_the_window_still_have_a_rate(clock):
    meter = ThroughputMeter(Progress(), lambda: clock[0])
    for seconds, tokens in [(0, 0), (60, 600), (120, 1200)]:
        clock[0] = 1000.0 + seconds
        meter.record_step(tokens)
    assert meter.tokens_per_second == pytest.approx(10)


def test_the_longest_pause_between_steps_is_remembered(clock):
    meter = ThroughputMeter(Progress(), lambda: clock[0])
    for seconds in (1, 8, 9):
        clock[0] = 1000.0 + seconds
        meter.record_step(0)
    assert meter.longest_pause == 7


def test_saving_takes_a_small_share_of_the_time(clock):
    meter = ThroughputMeter(Progress(), lambda: clock[0])
    assert meter.saving_is_due
    meter.record_save(2.0)
    clock[0] += 39
    assert not meter.saving_is_due
    clock[0] += 2
    assert meter.saving_is_due


def test_the_parts_of_a_training_are_told_apart():
    now = [0.0]
    meter = PartsMeter(clock=lambda: now[0])

    def report(step, seconds, *, evaluated=False):
        now[0] += seconds
        meter.report_arrived(step=step, evaluated=evaluated)
        with meter.part("log_row"):
            now[0] += 0.5
        if evaluated:
            with meter.part("token", count=10):
                now[0] += 2.0
        meter.report_done()

    report(0, 8.0, evaluated=True)  # a look alone
    for step in range(1, LEAST_STEPS):
        report(step, 1.0)
    assert meter.means(windows=4) is None, "too few steps"
    report(LEAST_STEPS, 1.0)
    report(LEAST_STEPS + 1, 9.0, evaluated=True)  # a step and a look
    means = meter.means(windows=4)
    assert means == {
        "step_seconds": 1.0,
        "evaluation_window_seconds": 2.0,
        "log_row_seconds": 0.5,
        "token_seconds": 0.2,
        "weights_seconds": 0.0,
        "state_seconds": 0.0,
    }


def test_looks_that_took_less_than_a_step_count_as_nothing():
    now = [0.0]
    meter = PartsMeter(clock=lambda: now[0])
    for step in range(1, LEAST_STEPS + 1):
        now[0] += 1.0
        meter.report_arrived(step=step, evaluated=False)
        meter.report_done()
    now[0] += 0.5
    meter.report_arrived(step=LEAST_STEPS + 1, evaluated=True)
    assert meter.means(windows=4)["evaluation_window_seconds"] == 0.0
