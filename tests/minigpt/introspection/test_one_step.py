import math

import pytest
import torch
from torch.nn import functional

from minigpt.errors import ConfigurationError
from minigpt.introspection.one_step import (
    MOST_STEPS,
    StepRule,
    array_movements,
    sentence_losses,
    teach_copy,
)

RATE = 0.05
EPSILON = 1e-8
NEAR = {"atol": 1e-5, "rtol": 1e-5}


def gradients(model, sentence):
    """By hand: the mean surprise of what follows, and torch's autograd of it."""
    logits = model(sentence[:, :-1])
    loss = functional.cross_entropy(logits.flatten(0, 1), sentence[:, 1:].flatten())
    parameters = dict(model.named_parameters())
    found = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
    return {
        name: torch.zeros_like(parameters[name]) if one is None else one
        for name, one in zip(parameters, found, strict=True)
    }


def stepped(model, sentence, rule, steps=1):
    *_, last = teach_copy(model, sentence, rule, steps=steps)
    return last.pupil


@pytest.fixture
def sentence(random_tokens):
    return random_tokens(1)


def test_one_plain_step_goes_down_the_gradient(variant_model, sentence):
    expected = {
        name: value.detach() - RATE * gradients(variant_model, sentence)[name]
        for name, value in variant_model.named_parameters()
    }
    after = stepped(variant_model, sentence, StepRule(learning_rate=RATE))
    for name, value in after.named_parameters():
        torch.testing.assert_close(value.detach(), expected[name], **NEAR)


def test_the_first_step_of_adamw_is_as_long_as_the_rate_wherever_the_gradient_is_not_zero(
    variant_model, sentence
):
    rule = StepRule(name="adamw", learning_rate=RATE, weight_decay=0.1)
    slopes = gradients(variant_model, sentence)
    after = stepped(variant_model, sentence, rule)
    for name, value in after.named_parameters():
        before = dict(variant_model.named_parameters())[name].detach()
        # With nothing remembered, direction and size are both this gradient's alone.
        step = slopes[name] / (slopes[name].abs() + EPSILON)
        clear = (slopes[name].abs() > 1e-5) | (slopes[name] == 0)
        expected = before * (1 - RATE * 0.1) - RATE * step
        touched = slopes[name].any()  # what has no gradient at all is left alone
        difference = (value.detach() - (expected if touched else before))[clear]
        assert not len(difference) or difference.abs().max() < 2e-4


def test_the_model_itself_stays_as_it_is(variant_model, sentence):
    before = {name: value.clone() for name, value in variant_model.state_dict().items()}
    stepped(variant_model, sentence, StepRule(learning_rate=RATE), steps=3)
    assert all(before[name].equal(value) for name, value in variant_model.state_dict().items())
    assert all(value.grad is None for value in variant_model.parameters())


def test_a_small_step_makes_the_sentence_less_surprising(variant_model, sentence):
    losses = [sentence_losses(variant_model, sentence).detach()]
    rule = StepRule(learning_rate=0.01)
    for step in teach_copy(variant_model, sentence, rule, steps=5):
        torch.testing.assert_close(step.losses, losses[-1])  # those before it
        losses.append(sentence_losses(step.pupil, sentence).detach())
    means = [float(one.mean()) for one in losses]
    assert means == sorted(means, reverse=True)


def test_what_moved_most_for_its_length_comes_first(variant_model, sentence):
    after = stepped(variant_model, sentence, StepRule(learning_rate=RATE))
    found = array_movements(variant_model, after)
    assert {one.name for one in found} == {name for name, _ in variant_model.named_parameters()}
    shares = [one.share for one in found if not math.isnan(one.share)]
    assert shares == sorted(shares, reverse=True)
    first = found[0]
    old, new = (dict(model.named_parameters())[first.name] for model in (variant_model, after))
    assert first.length == pytest.approx(float((new - old).detach().norm()), rel=1e-5)


@pytest.mark.parametrize(
    ("length", "steps", "rule", "words"),
    [
        (1, 1, {}, "One token alone teaches nothing"),
        (8, 0, {}, "steps"),
        (8, MOST_STEPS + 1, {}, "steps"),
        (8, 1, {"learning_rate": -1.0}, "learning rate"),
        (8, 1, {"learning_rate": math.nan}, "learning rate"),
    ],
)
def test_what_cannot_be_taught_is_refused(variant_model, random_tokens, length, steps, rule, words):
    with pytest.raises(ConfigurationError, match=words):
        teach_copy(variant_model, random_tokens(1, length), StepRule(**rule), steps=steps)


def test_a_model_that_was_driven_too_far_is_not_taught_on(variant_model, sentence):
    with torch.no_grad():
        for array in variant_model.parameters():
            array.fill_(math.nan)
    with pytest.raises(ConfigurationError, match="Choose a smaller learning rate"):
        list(teach_copy(variant_model, sentence, StepRule(), steps=1))


def test_a_sentence_longer_than_the_context_is_refused(variant_model):
    with pytest.raises(ConfigurationError, match="1 to 8 tokens"):
        teach_copy(variant_model, torch.zeros(1, 10, dtype=torch.long), StepRule(), steps=1)
