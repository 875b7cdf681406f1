import pytest

from minigpt.jobs.worker.throughput import ThroughputMeter
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
    meter.saved(2.0)
    clock[0] += 39
    assert not meter.saving_is_due
    clock[0] += 2
    assert meter.saving_is_due
