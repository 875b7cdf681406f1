import math

import pytest
import torch
from torch import nn

from minigpt.introspection.ablation import changed_losses, plain_pass, silence_head
from minigpt.introspection.report_card import (
    SHARE_WINDOWS,
    ReportCard,
    Tally,
    candidate_heads,
    row_entropy,
    student_quantile,
)
from minigpt.models.configs import GPTConfig

VOCABULARY = 24


@pytest.fixture(scope="module")
def windows():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(VOCABULARY, (6, 17), generator=generator)


@pytest.fixture
def model(build_tiny):
    return build_tiny(GPTConfig(context_length=16, width=16, num_layers=2, num_heads=2))


def finished(card):
    while not card.is_done:
        card.measure()
    return card


def test_effects_are_the_mean_over_windows_of_what_silencing_costs(model, windows):
    card = finished(ReportCard(model, windows))
    plain = plain_pass(model, windows[:, :-1], windows[:, 1:])
    losses = changed_losses(plain, [silence_head(plain, head) for head in plain.heads])
    expected = (losses - plain.losses).mean((1, 2)).view(2, 2)
    torch.testing.assert_close(card.effects.estimate.mean, expected, atol=1e-6, rtol=1e-4)
    assert float(card.loss.estimate.mean) == pytest.approx(float(plain.losses.mean()), abs=1e-5)
    assert card.effects.windows == card.blind.windows == len(windows)


def test_an_interval_is_given_from_four_windows_on_and_narrows(model, windows):
    card = ReportCard(model, windows)
    card.measure()
    assert card.effects.windows == 1
    assert torch.isfinite(card.effects.estimate.mean).all()
    assert torch.isinf(card.effects.estimate.half_width).all()
    while card.effects.windows < 4:
        card.measure()
    assert torch.isfinite(card.effects.estimate.half_width).all()


def test_an_interval_holds_the_true_mean_as_often_as_it_says():
    generator = torch.Generator().manual_seed(0)
    tally = Tally((2000,))
    for _ in range(8):
        tally.add(3 + torch.randn(2000, generator=generator))
    estimate = tally.estimate
    held = ((estimate.mean - 3).abs() <= estimate.half_width).float().mean()
    assert float(held) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("freedom", "expected"), [(3, 3.182), (7, 2.365), (31, 2.040)])
def test_students_factor_is_the_one_of_the_tables(freedom, expected):
    assert student_quantile(freedom) == pytest.approx(expected, rel=0.02)


def test_entropy_is_one_for_all_alike_and_zero_for_one_place():
    rows = torch.arange(1, 17)[:, None]
    even = (torch.ones(16, 16).tril() / rows)[None, None, None]
    assert float(row_entropy(even)) == pytest.approx(1, abs=1e-5)
    assert float(row_entropy(torch.eye(16)[None, None, None])) == 0


def test_nothing_has_a_name_where_heads_do_nothing(model, windows):
    for block in model.attention_blocks():
        nn.init.zeros_(block.attention.output.weight)
    card = finished(ReportCard(model, windows))
    assert card.does_something is False
    assert {card.name(layer, head) for layer in (0, 1) for head in (0, 1)} == {""}


def test_whether_heads_do_anything_is_open_at_first(model, windows):
    assert ReportCard(model, windows).does_something is None


@pytest.mark.parametrize(
    ("candidate", "effect", "blind", "name"),
    [
        ("previous", 0.5, 0.4, "previous"),
        ("previous", 0.5, 0.1, "mixed"),  # it looks there, and needs something else
        (None, 0.5, 0.0, "mixed"),
        ("previous", 0.0, 0.0, ""),  # it looks there, and nothing comes of it
        ("previous", -0.2, -0.2, ""),
    ],
)
def test_a_name_needs_looks_effect_and_their_agreement(
    model, windows, candidate, effect, blind, name
):
    card = ReportCard(model, windows)
    card.candidates = {(1, 0): candidate} if candidate else {}
    for sign in (-1, 1, -1, 1):
        jitter = 0.01 * sign
        card.effects.add(torch.full((2, 2), effect + jitter))
        card.blind.add(torch.full((2, 2), blind))
        card.without_all.add(torch.tensor(1.0 + jitter))
    assert card.name(1, 0) == name


def test_a_wide_interval_names_nobody(model, windows):
    card = ReportCard(model, windows)
    for value in (-3.0, 3.0, -2.0, 3.0):
        card.effects.add(torch.full((2, 2), value))
        card.without_all.add(torch.tensor(1.0 + value / 100))
    assert card.name(0, 0) == ""


def test_a_head_stands_out_by_more_than_chance_and_than_before_training(model, windows):
    card = ReportCard(model, windows)
    share = card.looks.shares["previous"]
    share.heads[0, 1] = share.chance + 0.5
    assert candidate_heads(card.looks, card.before) == {(0, 1): "previous"}
    untrained = ReportCard(model, windows, untrained=model)
    for looked in (untrained.looks, untrained.before):
        looked.shares["previous"].heads[0, 1] = 0.9
    assert candidate_heads(untrained.looks, untrained.before) == {}


def test_a_mean_can_stand_in_for_a_silent_head(model, windows):
    zero, mean = (finished(ReportCard(model, windows, by_mean=one)) for one in (False, True))
    assert not torch.allclose(zero.effects.estimate.mean, mean.effects.estimate.mean)
    assert math.isfinite(float(mean.without_all.estimate.mean))


def test_windows_of_which_shares_are_taken_are_bounded(model):
    generator = torch.Generator().manual_seed(0)
    windows = torch.randint(VOCABULARY, (2 * SHARE_WINDOWS, 17), generator=generator)
    first, rest = (
        ReportCard(model, some).looks.shares["first"].heads
        for some in (windows[:SHARE_WINDOWS], windows[SHARE_WINDOWS:])
    )
    torch.testing.assert_close(ReportCard(model, windows).looks.shares["first"].heads, first)
    assert not torch.allclose(first, rest)
