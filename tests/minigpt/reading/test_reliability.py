import pytest
import torch

from minigpt.reading.reliability import BINS, Reliability


def test_a_forecaster_who_is_right_lies_on_the_line():
    generator = torch.Generator().manual_seed(0)
    shares = torch.rand(20_000, 4, generator=generator).double() ** 2
    shares /= shares.sum(1, keepdim=True)
    came = torch.multinomial(shares, 1, generator=generator).squeeze(1)
    counted = Reliability.empty()
    for some in range(0, 20_000, 5_000):
        counted.add(shares[some : some + 5_000], came[some : some + 5_000])
    bins = counted.bins()
    assert len(bins) == BINS
    assert sum(one.interval[0] <= one.mean <= one.interval[1] for one in bins) >= BINS - 1


def test_who_is_always_sure_stands_in_the_last_bin():
    counted = Reliability.empty()
    counted.add(torch.eye(3)[[0, 1, 2, 0]].double(), torch.tensor([0, 1, 1, 0]))
    first, last = counted.bins()
    assert (first.predictions, first.came, first.mean) == (8, 1, 0.0)
    assert (last.predictions, last.came, last.mean, last.share) == (4, 3, 1.0, 0.75)


def test_few_predictions_are_compatible_with_much():
    counted = Reliability.empty()
    counted.add(torch.tensor([[0.95, 0.05]]), torch.tensor([0]))
    low, high = counted.bins()[-1].interval
    assert (low, high) == (pytest.approx(0.2065, abs=1e-3), 1.0)  # Wilson's, of one of one
