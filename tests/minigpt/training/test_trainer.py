import dataclasses
import itertools
import math
import random
from itertools import islice

import pytest
import torch

from minigpt.checkpoints.training_state import load_state, save_state
from minigpt.errors import CheckpointError, ConfigurationError, CorpusError, TrainingError
from minigpt.models.configs import GPTConfig
from minigpt.training.batches import evaluation_batches, mixed_seed, random_batch
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.distributed import World
from minigpt.training.loss import mean_loss, next_token_loss
from minigpt.training.schedule import learning_rate_at
from minigpt.training.trainer import Trainer, TrainingData

HAS_BFLOAT16 = torch.ops.mkldnn._is_mkldnn_bf16_supported()
CONFIG = TrainingConfig(steps=7, batch_size=4, warmup_steps=2, evaluation_interval=3)


@pytest.fixture(scope="session")
def data(tiny_text, tiny_tokenizer):
    tokens = torch.tensor(tiny_tokenizer.encode(tiny_text))
    cut = int(0.9 * len(tokens))
    evaluation = evaluation_batches(
        tokens[cut:], context_length=8, tokens_per_batch=64, largest=10_000
    )
    return TrainingData(tokens=tokens[:cut], evaluation=evaluation)


def train(model, data, config=CONFIG, *, seed=1, **more):
    return Trainer(model, data, config, seed=seed, **more).reports()


def reports(model, data, config=CONFIG, seed=1):
    return list(train(model, data, config, seed=seed))


def flat_weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_every_step_is_reported_once(tiny_model, data):
    seen = reports(tiny_model, data)
    assert [report.step for report in seen] == list(range(8))
    assert [report.tokens_seen for report in seen] == [step * 4 * 8 for step in range(8)]
    rates = [learning_rate_at(step, CONFIG, last_step=7) for step in range(1, 8)]
    assert [report.learning_rate for report in seen] == [0.0, *rates]


def test_it_looks_at_the_validation_text_at_the_start_at_intervals_and_at_the_end(tiny_model, data):
    looked = [one.step for one in reports(tiny_model, data) if one.validation_loss is not None]
    assert looked == [0, 3, 6, 7]


def test_step_0_reports_the_untrained_model_and_changes_nothing(tiny_model, data):
    before = flat_weights(tiny_model)
    report = next(train(tiny_model, data, CONFIG, seed=1))
    assert report.validation_loss == mean_loss(tiny_model, data.evaluation)
    assert (report.step, report.tokens_seen) == (0, 0)
    # No batch was drawn yet, so there is no loss of one and no gradient.
    assert (report.train_loss, report.gradient_norm) == (None, None)
    assert torch.equal(flat_weights(tiny_model), before)


def test_a_step_reports_its_batch_before_the_update_and_the_validation_text_after(tiny_model, data):
    batch = random_batch(
        data.tokens,
        batch_size=4,
        context_length=8,
        generator=torch.Generator().manual_seed(mixed_seed(1, 1, 0)),
    )
    before = next_token_loss(tiny_model(batch.inputs), batch.targets).item()
    config = dataclasses.replace(CONFIG, evaluation_interval=1)
    report = list(islice(train(tiny_model, data, config, seed=1), 2))[1]
    assert report.train_loss == before
    assert report.validation_loss == mean_loss(tiny_model, data.evaluation)


@pytest.fixture
def judged(data):
    """The same data, with windows of the training part to be judged by."""
    windows = evaluation_batches(data.tokens, context_length=8, tokens_per_batch=64, largest=128)
    return dataclasses.replace(data, training_part=windows)


def test_both_parts_are_judged_at_the_same_steps_by_the_same_windows(tiny_model, judged):
    seen = reports(tiny_model, judged)
    looked = [one.step for one in seen if one.training_part_loss is not None]
    assert looked == [one.step for one in seen if one.validation_loss is not None]
    assert seen[-1].training_part_loss == mean_loss(tiny_model, judged.training_part)


def test_judging_the_training_part_leaves_the_weights_as_they_were(build_tiny, data, judged):
    config = GPTConfig(context_length=8, width=16, num_layers=1, num_heads=2, dropout=0.3)

    def trained(given):
        model = build_tiny(config)
        seen = reports(model, given)
        return flat_weights(model), [(one.train_loss, one.validation_loss) for one in seen]

    (alone, losses), (beside, same) = trained(data), trained(judged)
    assert torch.equal(alone, beside)
    assert losses == same


def test_a_model_that_learns_by_heart_has_a_lower_training_loss(tiny_model):
    # Of letters drawn at random nothing can be learnt that helps with others.
    drawn = torch.randint(10, (80,), generator=torch.Generator().manual_seed(1))
    windows = [
        evaluation_batches(part, context_length=8, tokens_per_batch=64, largest=100)
        for part in (drawn[:40], drawn[40:])
    ]
    few = TrainingData(tokens=drawn[:40], training_part=windows[0], evaluation=windows[1])
    config = TrainingConfig(steps=80, batch_size=8, learning_rate=0.03, warmup_steps=5)
    last = reports(tiny_model, few, config)[-1]
    assert last.training_part_loss < last.validation_loss - 0.2


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


def test_a_validation_loss_that_is_no_number_ends_training_too(tiny_model, data):
    steps = train(tiny_model, data, CONFIG, seed=1)
    first_three = [next(steps).step for _ in range(3)]
    assert first_three == [0, 1, 2]
    tiny_model.register_forward_hook(
        lambda model, _given, logits: logits if model.training else logits * math.inf
    )
    with pytest.raises(TrainingError, match="at step 3"):
        next(steps)


def test_a_text_too_short_to_train_on_is_refused(tiny_model, data):
    short = dataclasses.replace(data, tokens=data.tokens[:8])
    with pytest.raises(CorpusError, match="8 tokens"):
        reports(tiny_model, short)


def with_dropout(build_tiny, **options):
    config = GPTConfig(
        context_length=8, width=16, num_layers=1, num_heads=2, dropout=0.3, **options
    )
    return build_tiny(config)


RESUMED = TrainingConfig(steps=40, batch_size=4, warmup_steps=5, evaluation_interval=7)
RANDOM_STEPS = random.Random(7).sample(range(1, 40), 5)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("stop", RANDOM_STEPS)
def test_training_stopped_at_any_step_goes_on_to_the_same_weights(
    build_tiny, data, optimizer, stop, tmp_path
):
    config = dataclasses.replace(RESUMED, optimizer=optimizer, schedule="warmup_stable_decay")
    whole = with_dropout(build_tiny)
    expected = reports(whole, data, config)

    first = with_dropout(build_tiny)
    trainer = Trainer(first, data, config, seed=1)
    before = list(islice(trainer.reports(), stop + 1))
    saved = save_state(tmp_path, trainer.state())

    torch.rand(13)  # another process has drawn other random numbers
    second = with_dropout(lambda config: build_tiny(config, seed=99))
    resumed = Trainer(second, data, config, seed=1)
    resumed.restore(load_state(tmp_path, saved))
    after = list(resumed.reports())
    assert before + after == expected
    assert torch.equal(flat_weights(second), flat_weights(whole))


def test_a_state_of_another_model_is_refused(build_tiny, tiny_config, data):
    state = Trainer(build_tiny(tiny_config("gpt")), data, CONFIG, seed=1).state()
    other = Trainer(build_tiny(tiny_config("bigram")), data, CONFIG, seed=1)
    with pytest.raises(CheckpointError, match="does not fit"):
        other.restore(state)


@pytest.mark.parametrize(
    "damage",
    [
        {"weights": {"table.weight": torch.zeros(1, 1)}},
        {"optimizer_state": {"table.weight/exp_avg": torch.zeros(1)}},
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(build_tiny, tiny_config, data, damage):
    model = build_tiny(tiny_config("bigram"))
    trainer = Trainer(model, data, CONFIG, seed=1)
    state, before = trainer.state(), flat_weights(model).clone()
    changed = {name: tensor + 1 for name, tensor in state.weights.items()}
    bad = dataclasses.replace(state, **{"weights": changed, **damage})
    with pytest.raises(CheckpointError, match="does not fit"):
        trainer.restore(bad)
    assert torch.equal(flat_weights(model), before)
    assert trainer.notes == []


def test_under_another_optimizer_the_weights_go_on_and_it_says_so(build_tiny, tiny_config, data):
    muon = dataclasses.replace(CONFIG, optimizer="muon")
    first = Trainer(build_tiny(tiny_config("gpt")), data, muon, seed=1)
    next(islice(first.reports(), 2, None))
    second = Trainer(build_tiny(tiny_config("gpt"), seed=9), data, CONFIG, seed=1)
    second.restore(first.state())
    assert second.progress.step == 2
    assert "begins anew" in second.notes[0]
    assert next(second.reports()).step == 3


@pytest.mark.parametrize("pieces", [2, 4, 8])
def test_a_batch_in_pieces_gives_the_same_updates(build_tiny, tiny_config, data, pieces):
    def trained(gradient_accumulation):
        model = build_tiny(tiny_config("gpt"))
        config = TrainingConfig(
            steps=10, batch_size=8, gradient_accumulation=gradient_accumulation, warmup_steps=0
        )
        return reports(model, data, config), flat_weights(model)

    (whole, weights), (pieced, weights_of_pieces) = trained(1), trained(pieces)
    torch.testing.assert_close(weights_of_pieces, weights, atol=1e-4, rtol=1e-4)
    for one, other in zip(whole, pieced, strict=True):
        assert other.train_loss == pytest.approx(one.train_loss, abs=1e-4)


def test_training_ends_when_it_has_stopped_getting_better(build_tiny, tiny_config, data):
    config = TrainingConfig(
        steps=1000, batch_size=4, learning_rate=1e-8, warmup_steps=0, patience=3,
        evaluation_interval=2, weight_decay=0.0,
    )  # fmt: skip
    model = build_tiny(tiny_config("bigram"))
    losses = iter([3.0, 2.0, 2.5, 2.4, 2.0, 1.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("minigpt.training.trainer.mean_loss", lambda *_, **__: next(losses))
        *_, last = reports(model, data, config)
    assert (last.step, last.ending) == (8, "patience")


def test_training_ends_when_its_passes_over_the_text_are_done(tiny_model, data):
    config = TrainingConfig(steps=1000, batch_size=4, epochs=2.0)
    *_, last = reports(tiny_model, data, config)
    assert last.ending == "steps"
    assert last.tokens_seen == pytest.approx(2 * len(data.tokens), abs=4 * 8)


def test_training_ends_when_its_time_is_up(tiny_model, data):
    clock = itertools.count(100.0, 20.0)
    config = TrainingConfig(steps=1000, batch_size=4, minutes=1.0)
    trainer = Trainer(tiny_model, data, config, seed=1, clock=lambda: next(clock))
    *_, last = trainer.reports()
    assert (last.step, last.ending) == (3, "time")
    assert last.validation_loss is not None


def test_both_optimizers_learn(rung, tiny_config, build_tiny, data):
    model = build_tiny(tiny_config(rung))
    config = TrainingConfig(
        steps=60, batch_size=8, learning_rate=0.03, warmup_steps=5, optimizer="muon"
    )
    first, *_, last = reports(model, data, config)
    assert last.validation_loss < first.validation_loss - 0.4


def test_where_nothing_can_be_compiled_training_goes_on_and_says_so(
    build_tiny, tiny_config, data, monkeypatch
):
    def no_compiler(_, **_options):
        raise RuntimeError("no C++ compiler was found\nand more")

    plain, model = (build_tiny(tiny_config("gpt")) for _ in range(2))
    expected = reports(plain, data)
    monkeypatch.setattr(torch, "compile", no_compiler)
    trainer = Trainer(model, data, CONFIG, seed=1, compute=ComputeConfig(compile=True))
    assert list(trainer.reports()) == expected
    assert trainer.notes == ["Not compiled, so steps take longer: no C++ compiler was found"]


@pytest.mark.skipif(not HAS_BFLOAT16, reason="this processor has no bfloat16")
def test_half_the_digits_give_nearly_the_same_losses(build_tiny, tiny_config, data):
    def losses(precision):
        model = build_tiny(tiny_config("gpt"))
        compute = ComputeConfig(precision=precision, device="cpu")
        return [one.train_loss for one in train(model, data, compute=compute)][1:]

    full, half = losses("float32"), losses("bfloat16")
    assert half == pytest.approx(full, rel=0.02)
    assert half != full


def test_a_batch_that_cannot_be_shared_equally_is_refused(tiny_model, data):
    with pytest.raises(ConfigurationError, match="multiple of 3"):
        Trainer(tiny_model, data, CONFIG, seed=1, world=World(size=3))


@pytest.fixture
def threads_before():
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


class InTurn:
    """These numbers of threads in turn for each step, and one for all else."""

    settled = 1

    def __init__(self, *numbers):
        self._numbers, self.taken = numbers, []

    @property
    def threads(self):
        return self._numbers[len(self.taken) % len(self._numbers)]

    def record(self, seconds):
        self.taken.append((torch.get_num_threads(), seconds))


def test_each_step_is_taken_with_the_threads_that_were_chosen_and_told_to_the_chooser(
    tiny_model, data, threads_before
):
    chooser = InTurn(1, 2)
    between = [torch.get_num_threads() for _ in train(tiny_model, data, threads=chooser)]
    assert [threads for threads, _ in chooser.taken] == [1, 2, 1, 2, 1, 2, 1]
    assert all(seconds > 0 for _, seconds in chooser.taken)
    assert set(between) == {1}


WIDE = GPTConfig(context_length=64, width=64, num_layers=1, num_heads=2, activation="relu")


def test_the_number_of_threads_may_change_and_every_bit_stays(
    build_tiny, data, tiny_text, tiny_tokenizer, threads_before
):
    tokens = torch.tensor(tiny_tokenizer.encode(30 * tiny_text))
    evaluation = evaluation_batches(tokens, context_length=64, tokens_per_batch=64, largest=64)
    wide = TrainingData(tokens=tokens, evaluation=evaluation)
    weights = []
    for chooser in (InTurn(1), InTurn(2), InTurn(1, 2)):
        model = build_tiny(WIDE)
        config = dataclasses.replace(CONFIG, batch_size=16)  # enough rows to be shared by threads
        list(train(model, wide, config, threads=chooser))
        weights.append(flat_weights(model))
    assert torch.equal(weights[0], weights[1])
    assert torch.equal(weights[0], weights[2])
