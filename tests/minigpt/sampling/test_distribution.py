import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minigpt.errors import ConfigurationError
from minigpt.sampling.distribution import (
    SamplingConfig,
    choose_token,
    keep_min_p,
    keep_top_k,
    keep_top_p,
    next_token_distribution,
    penalise,
)

scores = st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=20).map(torch.tensor)
# Far enough apart that even the highest temperature leaves their odds apart.
distinct_scores = st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=20).map(
    lambda thousandths: torch.tensor(thousandths) / 1000
)
configs = st.builds(
    SamplingConfig,
    temperature=st.floats(0, 10),
    top_k=st.integers(0, 25),
    top_p=st.floats(0, 1),
    min_p=st.floats(0, 1),
)
LOGITS = torch.tensor([1.0, 4.0, 2.0, 3.0])


@given(scores, configs)
def test_probabilities_sum_to_one_whatever_the_settings(logits, config):
    odds = next_token_distribution(logits, config)
    assert odds.shape == logits.shape
    assert odds.dtype == logits.dtype
    assert (odds >= 0).all()
    assert odds.sum().item() == pytest.approx(1, abs=1e-5)


@given(distinct_scores, configs)
def test_a_likelier_token_never_gets_less(logits, config):
    odds = next_token_distribution(logits, config)
    order = logits.argsort(descending=True, stable=True)
    assert (odds[order].diff() <= 0).all()


@given(scores, st.floats(0.05, 10))
def test_temperature_divides_the_scores(logits, temperature):
    odds = next_token_distribution(logits, SamplingConfig(temperature=temperature))
    torch.testing.assert_close(odds, (logits / temperature).softmax(-1), atol=1e-5, rtol=0)


@given(scores)
def test_temperature_zero_takes_the_likeliest(logits):
    odds = next_token_distribution(logits, SamplingConfig(temperature=0.0))
    assert odds.max() == 1
    assert odds.count_nonzero() == 1
    assert logits[odds.argmax()] == logits.max()


@pytest.mark.parametrize("temperature", [5e-324, 1e-300, 1e-45, 1e-38, 1e-8, 10.0])
@pytest.mark.parametrize("largest", [1e-30, 1.0, 3e38])
def test_extreme_temperatures_and_scores_stay_numbers(temperature, largest):
    logits = torch.tensor([-largest, 0.0, largest, -torch.inf])
    odds = next_token_distribution(logits, SamplingConfig(temperature=temperature))
    assert odds.isfinite().all()
    assert odds.sum().item() == pytest.approx(1)
    assert odds[2] == odds.max()
    assert odds[3] == 0


@given(scores, st.integers(1, 25))
def test_top_k_keeps_exactly_k(logits, k):
    kept = keep_top_k(logits, k).isfinite()
    assert kept.sum() == min(k, len(logits))
    if not kept.all():
        assert logits[kept].min() >= logits[~kept].max()


def test_top_k_breaks_ties_by_id():
    kept = keep_top_k(torch.tensor([1.0, 2.0, 2.0, 2.0, 0.0]), 2)
    assert kept.tolist() == [-math.inf, 2.0, 2.0, -math.inf, -math.inf]


@pytest.mark.parametrize("k", [0, 4, 5])
def test_top_k_may_keep_all(k):
    assert torch.equal(keep_top_k(LOGITS, k), LOGITS)


@given(scores, st.floats(0, 1))
def test_top_p_keeps_the_fewest_that_reach_it(logits, p):
    odds = logits.softmax(-1)
    kept = odds[keep_top_p(odds, p) > 0].double()
    possible = int((odds > 0).sum())
    slack = 1e-5
    assert kept.sum() >= p - slack or len(kept) == possible
    assert len(kept) == 1 or kept.sum() - kept.min() < p + slack


def test_top_p_by_hand():
    odds = torch.tensor([0.125, 0.5, 0.25, 0.125])
    for p, expected in [
        (0.0, [0, 1, 0, 0]),
        (0.5, [0, 1, 0, 0]),
        (0.51, [0, 2 / 3, 1 / 3, 0]),
        (0.75, [0, 2 / 3, 1 / 3, 0]),
        (0.8, [1 / 7, 4 / 7, 2 / 7, 0]),
        (1.0, [0.125, 0.5, 0.25, 0.125]),
    ]:
        assert keep_top_p(odds, p).tolist() == pytest.approx(expected)


def test_temperature_acts_before_top_p():
    hot = next_token_distribution(LOGITS, SamplingConfig(temperature=10.0, top_p=0.5))
    cold = next_token_distribution(LOGITS, SamplingConfig(temperature=0.1, top_p=0.5))
    assert (hot.count_nonzero(), cold.count_nonzero()) == (2, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 10.1),
        ("temperature", math.nan),
        ("top_k", -1),
        ("top_p", -0.1),
        ("top_p", 1.1),
        ("min_p", 1.1),
        ("repetition_penalty", 0.9),
    ],
)
def test_settings_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigurationError, match="must lie between") as refusal:
        SamplingConfig(**{name: value})
    assert refusal.value.field == f"sampling.{name}"
    assert refusal.value.message.startswith(name.replace("_", "-"))


@given(scores, st.floats(0, 1))
def test_min_p_keeps_what_is_not_too_far_behind(logits, share):
    odds = logits.softmax(-1)
    kept = keep_min_p(odds, share)
    by_hand = [p if p >= share * max(odds.tolist()) else 0.0 for p in odds.tolist()]
    total = sum(by_hand)
    assert kept.tolist() == pytest.approx([p / total for p in by_hand], abs=1e-5)


def test_min_p_acts_after_top_p():
    odds = next_token_distribution(LOGITS, SamplingConfig(temperature=1.0, top_p=0.95, min_p=0.3))
    by_top_p = keep_top_p(LOGITS.softmax(-1), 0.95)
    assert odds.tolist() == pytest.approx(keep_min_p(by_top_p, 0.3).tolist())
    assert odds.count_nonzero() == 2


def test_the_penalty_lowers_what_the_text_has_and_nothing_else():
    present = torch.tensor([True, True, False, False])
    penalised = penalise(torch.tensor([2.0, -2.0, 2.0, -2.0]), present, 2.0)
    assert penalised.tolist() == [1.0, -4.0, 2.0, -2.0]


@given(st.lists(scores, min_size=1, max_size=5), configs)
def test_rows_do_not_know_of_each_other(rows, config):
    width = min(map(len, rows))
    table = torch.stack([row[:width] for row in rows])
    together = next_token_distribution(table, config)
    for row, odds in zip(table, together, strict=True):
        torch.testing.assert_close(next_token_distribution(row, config), odds, atol=1e-6, rtol=0)


@given(scores, st.floats(0, 1, exclude_max=True))
def test_a_number_falls_on_the_stretch_of_its_token(logits, number):
    odds = next_token_distribution(logits, SamplingConfig(temperature=1.0, top_k=5))
    chosen = int(choose_token(odds, torch.tensor(number, dtype=torch.float64)))
    line = [0.0]
    for share in odds.double().tolist():
        line.append(line[-1] + share)
    assert odds[chosen] > 0
    assert line[chosen] / line[-1] <= number + 1e-9
    assert number - 1e-9 <= line[chosen + 1] / line[-1]


def test_the_ends_of_the_line_are_not_lost():
    odds = torch.tensor([0.0, 0.25, 0.0, 0.75, 0.0])
    numbers = torch.tensor([0.0, 0.2499, 0.25, 0.999999999], dtype=torch.float64)
    assert choose_token(odds.expand(4, 5), numbers).tolist() == [1, 1, 3, 3]
