import dataclasses
import math
from itertools import islice

import pytest
import torch

from minigpt.errors import CorpusError, TrainingError
from minigpt.models.configs import GPTConfig
from minigpt.training.batches import evaluation_batches, random_batch
from minigpt.training.config import TrainingConfig
from minigpt.training.objective import mean_loss, next_token_loss
from minigpt.training.optimization import learning_rate_at
from minigpt.training.trainer import TrainingData, train

CONFIG = TrainingConfig(steps=7, batch_size=4, warmup_steps=2, evaluation_interval=3)


@pytest.fixture(scope="session")
def data(tiny_text, tiny_tokenizer):
    tokens = torch.tensor(tiny_tokenizer.encode(tiny_text))
    cut = int(0.9 * len(tokens))
    evaluation = evaluation_batches(
        tokens[cut:], context_length=8, tokens_per_batch=64, largest=10_000
    )
    return TrainingData(tokens=tokens[:cut], evaluation=evaluation)


def reports(model, data, config=CONFIG, seed=1):
    return list(train(model, data, config, seed=seed))


def flat_weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_every_step_is_reported_once(tiny_model, data):
    seen = reports(tiny_model, data)
    assert [report.step for report in seen] == list(range(8))
    assert [report.tokens_seen for report in seen] == [step * 4 * 8 for step in range(8)]
    rates = [learning_rate_at(step, CONFIG) for step in range(1, 8)]
    assert [report.learning_rate for report in seen] == [0.0, *rates]


def test_it_looks_at_the_validation_text_at_the_start_at_intervals_and_at_the_end(tiny_model, data):
    looked = [one.step for one in reports(tiny_model, data) if one.validation_loss is not None]
    assert looked == [0, 3, 6, 7]


def test_step_0_reports_the_untrained_model_and_changes_nothing(tiny_model, data):
    before = flat_weights(tiny_model)
    report = next(train(tiny_model, data, CONFIG, seed=1))
    assert report.validation_loss == report.train_loss == mean_loss(tiny_model, data.evaluation)
    assert (report.step, report.tokens_seen, report.gradient_norm) == (0, 0, 0)
    assert torch.equal(flat_weights(tiny_model), before)


def test_a_step_reports_its_batch_before_the_update_and_the_validation_text_after(tiny_model, data):
    batch = random_batch(
        data.tokens, batch_size=4, context_length=8, generator=torch.Generator().manual_seed(1)
    )
    before = next_token_loss(tiny_model(batch.inputs), batch.targets).item()
    config = dataclasses.replace(CONFIG, evaluation_interval=1)
    report = list(islice(train(tiny_model, data, config, seed=1), 2))[1]
    assert report.train_loss == before
    assert report.validation_loss == mean_loss(tiny_model, data.evaluation)


def test_training_learns(tiny_model, data):
    config = TrainingConfig(steps=60, batch_size=8, learning_rate=0.03, warmup_steps=5)
    first, *_, last = reports(tiny_model, data, config)
    assert last.validation_loss < first.validation_loss - 0.4


def test_equal_seeds_give_bit_identical_weights(rung, tiny_config, build_tiny, data):
    def trained(seed):
        model = build_tiny(tiny_config(rung))
        reports(model, data, seed=seed)
        return flat_weights(model)

    assert torch.equal(trained(1), trained(1))
    assert not torch.equal(trained(1), trained(2))


def test_equal_seeds_give_equal_dropout_whatever_was_drawn_before(build_tiny, data):
    config = GPTConfig(context_length=8, width=16, num_layers=1, num_heads=2, dropout=0.3)

    def trained(drawn_before):
        model = build_tiny(config)
        torch.rand(drawn_before)
        reports(model, data)
        return flat_weights(model)

    assert torch.equal(trained(0), trained(17))


def test_looking_does_not_disturb_training(build_tiny, data):
    config = GPTConfig(context_length=8, width=16, num_layers=1, num_heads=2, dropout=0.3)

    def trained(interval):
        model = build_tiny(config)
        reports(model, data, dataclasses.replace(CONFIG, evaluation_interval=interval))
        return flat_weights(model)

    assert torch.equal(trained(1), trained(100))


def test_the_gradient_is_cut_to_the_longest_allowed(tiny_model, data):
    config = dataclasses.replace(CONFIG, gradient_clip=0.01)
    for report in islice(train(tiny_model, data, config, seed=1), 1, None):
        assert report.gradient_norm > 0.01
        assert gradient_norm(tiny_model) == pytest.approx(0.01, rel=1e-3)


@pytest.mark.parametrize("gradient_clip", [0.0, 1e6])
def test_the_gradient_may_stay_as_it_is(tiny_model, data, gradient_clip):
    config = dataclasses.replace(CONFIG, gradient_clip=gradient_clip)
    report = list(islice(train(tiny_model, data, config, seed=1), 2))[1]
    assert gradient_norm(tiny_model) == pytest.approx(report.gradient_norm, rel=1e-5)


def gradient_norm(model):
    squares = [parameter.grad.square().sum() for parameter in model.parameters()]
    return math.sqrt(torch.stack(squares).sum().item())


def test_the_caller_decides_when_to_stop(tiny_model, data):
    endless = TrainingConfig(steps=10_000_000, batch_size=4)
    assert [one.step for one in islice(train(tiny_model, data, endless, seed=1), 3)] == [0, 1, 2]


def test_a_model_in_eval_mode_is_trained_with_dropout(build_tiny, data):
    config = GPTConfig(context_length=8, width=16, num_layers=1, num_heads=2, dropout=0.9)
    model = build_tiny(config)
    modes = []
    model.register_forward_hook(lambda *_: modes.append(model.training))
    reports(model, data, TrainingConfig(steps=1, batch_size=4))
    assert modes == [False] * len(data.evaluation) + [True] + [False] * len(data.evaluation)


def test_a_loss_that_is_no_number_ends_training_with_advice(build_tiny, tiny_config, data):
    config = TrainingConfig(
        steps=200, batch_size=4, learning_rate=1e6, warmup_steps=0, gradient_clip=0.0
    )
    with pytest.raises(TrainingError, match="stopped being a number at step") as failure:
        reports(build_tiny(tiny_config("transformer")), data, config)
    assert failure.value.field == "training.learning_rate"
    assert "1e+06" in failure.value.message
    assert "Try again with a learning rate of 0.003." in failure.value.message


@pytest.mark.parametrize("evaluation_interval", [1, 100])
def test_weights_that_are_no_numbers_end_training_at_once(
    build_tiny, tiny_config, data, evaluation_interval
):
    model = build_tiny(tiny_config("gpt"))
    config = dataclasses.replace(CONFIG, evaluation_interval=evaluation_interval)
    steps = train(model, data, config, seed=1)
    next(steps)
    with torch.no_grad():
        model.final_norm.weight.fill_(math.nan)
    with pytest.raises(TrainingError, match="at step 1"):
        next(steps)


def test_a_validation_loss_that_is_no_number_ends_training_too(tiny_model, data, monkeypatch):
    steps = train(tiny_model, data, CONFIG, seed=1)
    first_three = [next(steps).step for _ in range(3)]
    assert first_three == [0, 1, 2]
    monkeypatch.setattr("minigpt.training.trainer.mean_loss", lambda *_: math.inf)
    with pytest.raises(TrainingError, match="at step 3"):
        next(steps)


def test_a_text_too_short_to_train_on_is_refused(tiny_model, data):
    short = dataclasses.replace(data, tokens=data.tokens[:8])
    with pytest.raises(CorpusError, match="8 tokens"):
        reports(tiny_model, short)
