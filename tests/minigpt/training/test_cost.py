import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from minigpt.models.build import build_model
from minigpt.models.configs import BigramConfig, GPTConfig, TransformerConfig
from minigpt.training import cost
from minigpt.training.batches import Batch, evaluation_batches
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.cost import (
    activation_bytes,
    evaluation_bytes,
    optimizer_bytes,
    training_bytes,
    weight_bytes,
)
from minigpt.training.loss import next_token_loss
from minigpt.training.trainer import Trainer, TrainingData

SMALL = TransformerConfig(context_length=8, width=16, num_layers=2, num_heads=2)
VOCABULARY, ROWS = 50, 4
BYTES_PER_NUMBER = 4
BASE = {"context_length": 16, "width": 32, "num_layers": 2}
LARGER = {"context_length": 32, "width": 64, "num_layers": 4}


def test_a_small_transformer_costs_what_a_count_by_hand_gives():
    # One token: queries, keys and values 16 -> 48, the way back 16 -> 16, 16 -> 64 -> 16.
    maps = 16 * 48 + 16 * 16 + 16 * 64 + 64 * 16
    # It is compared with 8 tokens and gathers from 8 tokens, 16 channels each.
    attention = 8 * 16 + 8 * 16
    unembedding = 16 * 24
    by_hand = 2 * (2 * (maps + attention) + unembedding)
    assert SMALL.forward_flops(24) == by_hand
    # The backward pass takes twice as much; 4 windows of 8 tokens.
    assert cost.step_flops(SMALL, vocabulary_size=24, batch_size=4) == 3 * 4 * 8 * by_hand


def test_torch_counts_the_same_products_of_matrices(variant):
    plain = dataclasses.replace(variant, dropout=0.0) if hasattr(variant, "dropout") else variant
    model = build_model(plain, vocabulary_size=24)
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, plain.context_length, dtype=torch.long))
    products = counter.get_flop_counts().get("Global", {})
    # Attention is left out: whether its kernel is counted depends on which one is chosen.
    counted = sum(flops for name, flops in products.items() if "attention" not in str(name))
    layers, length = plain.attention_layers, plain.context_length
    attention = 4 * layers * length * getattr(plain, "width", 0)
    maps = plain.forward_flops(24) - attention
    assert counted == length * maps


def test_six_operations_for_each_parameter_and_token_where_a_model_is_large():
    config = GPTConfig(context_length=16, width=512, num_layers=8, num_heads=8)
    parameters = 8 * 12 * 512**2
    step = cost.step_flops(config, vocabulary_size=65, batch_size=1)
    assert step == pytest.approx(6 * parameters * 16, rel=0.02)


def test_a_table_computes_nothing():
    assert cost.step_flops(BigramConfig(), vocabulary_size=65, batch_size=32) == 0


@given(st.integers(2, 3000), st.integers(1, 40), st.integers(1, 500))
def test_the_validation_windows_are_those_that_training_looks_at(tokens, length, largest):
    stream = torch.arange(tokens)
    windows = cost.evaluation_windows(tokens, length, most_tokens=largest)
    if tokens <= length:
        assert windows == 0
        return
    batches = evaluation_batches(
        stream, context_length=length, tokens_per_batch=64, largest=largest
    )
    assert windows == sum(len(batch.inputs) for batch in batches)


@pytest.mark.parametrize(("steps", "interval", "looks"), [(12, 4, 4), (13, 4, 5), (3, 10, 2)])
def test_training_looks_before_the_first_step_after_the_last_and_between(steps, interval, looks):
    assert cost.evaluation_count(steps, interval) == looks


def test_a_look_costs_a_forward_pass_over_its_windows():
    one = SMALL.forward_flops(24)
    look = cost.evaluation_flops(
        SMALL, vocabulary_size=24, training_tokens=900, validation_tokens=100
    )
    # 99 targets make 12 windows of 8; of the training part, as many are judged.
    assert look == one * 8 * (12 + 12)


@given(st.integers(2, 3000), st.integers(1, 40), st.integers(0, 500))
def test_of_the_training_part_no_more_is_judged_than_of_the_other(tokens, length, most):
    windows = cost.training_part_windows(tokens, length, most=most, most_tokens=400)
    assert windows <= most
    assert windows * length <= max(400, length)
    assert windows * length < tokens


def test_a_batch_of_windows_has_about_as_many_tokens_whatever_the_context():
    assert cost.windows_per_batch(64) * 64 == cost.EVALUATION_TOKENS_PER_BATCH
    assert cost.windows_per_batch(100_000) == 1


def kept_by_torch(config):
    """Numbers per token in all the storage that the forward pass leaves behind."""
    model = build_model(config, vocabulary_size=VOCABULARY).train()
    owned = {one.untyped_storage().data_ptr() for one in [*model.parameters(), *model.buffers()]}
    seen = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in owned:
            seen[storage.data_ptr()] = storage  # kept alive, so that no address is used twice
        return tensor

    shape = (ROWS, config.context_length)
    inputs, targets = torch.randint(VOCABULARY, shape), torch.randint(VOCABULARY, shape)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        next_token_loss(model(inputs), targets)
    total = sum(storage.nbytes() for storage in seen.values())
    return total / BYTES_PER_NUMBER / (ROWS * config.context_length)


def larger(config):
    """Large enough for the numbers of a layer to outweigh those of the ends."""
    sizes = {"context_length": 32, "width": 64, "num_heads": 4, "num_layers": 3}
    known = {field.name for field in dataclasses.fields(config)}
    return dataclasses.replace(config, **{name: sizes[name] for name in known & set(sizes)})


def test_as_much_is_kept_as_torch_keeps(variant):
    config = larger(variant)
    formula = config.kept_activations(VOCABULARY)
    assert formula == pytest.approx(kept_by_torch(config), rel=0.03)


COMBINATIONS = [
    {"attention_score": "cosine", "position": "rotary"},
    {"attention_score": "cosine", "query_key_norm": True},
    {"attention_score": "cosine", "position": "rotary", "query_key_norm": True},
    {"dropout": 0.1, "position": "rotary"},
    {"dropout": 0.1, "query_key_norm": True},
    {"dropout": 0.1, "norm_position": "post", "activation": "swiglu"},
]


@pytest.mark.parametrize("options", COMBINATIONS, ids=str)
def test_choices_that_meet_in_attention_are_counted_together(options):
    config = larger(GPTConfig(**options))
    formula = config.kept_activations(VOCABULARY)
    assert formula == pytest.approx(kept_by_torch(config), rel=0.03)


def test_dropout_in_attention_takes_more_for_each_token_the_longer_the_context():
    def kept(length, **options):
        config = GPTConfig(context_length=length, **options)
        return config.kept_activations(VOCABULARY)

    assert kept(64) == kept(512)
    assert kept(512, dropout=0.1) > 2 * kept(64, dropout=0.1)


def test_the_scores_weigh_most_where_the_vocabulary_is_large():
    config = GPTConfig()
    assert config.gradient_activations(50_000) == 100_000
    assert config.evaluation_activations(50_000) == 100_000 + config.width
    assert BigramConfig().evaluation_activations(10) == 20


def whole(training=None, compute=None, vocabulary_size=65, **shape):
    config = GPTConfig(**{**BASE, **shape})
    return training_bytes(
        config,
        TrainingConfig(**{"batch_size": 32, **(training or {})}),
        ComputeConfig(**(compute or {})),
        vocabulary_size=vocabulary_size,
    )


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_optimizers_remember_exactly_as_much(variant, optimizer):
    model = build_model(variant, vocabulary_size=24)
    tokens = torch.randint(24, (200,))
    window = tokens[: variant.context_length + 1][None]
    data = TrainingData(tokens=tokens, evaluation=[Batch(window[:, :-1], window[:, 1:])])
    config = TrainingConfig(steps=1, batch_size=2, optimizer=optimizer, learning_rate=1e-6)
    trainer = Trainer(model, data, config, seed=1)
    list(trainer.reports())
    state = trainer.state()
    shapes = variant.parameter_shapes(24)
    remembered = sum(tensor.nbytes for tensor in state.optimizer_state.values())
    assert optimizer_bytes(shapes, optimizer) == remembered
    assert weight_bytes(shapes) == sum(one.nbytes for one in model.parameters())


@given(
    st.sampled_from([*LARGER, "batch_size", "vocabulary_size"]),
    st.sampled_from(["adamw", "muon"]),
    st.integers(1, 3),
)
def test_more_of_anything_takes_more_memory(what, optimizer, times):
    training = {"optimizer": optimizer, "batch_size": 32}
    small = whole(training)
    if what == "batch_size":
        large = whole({**training, "batch_size": 32 * (1 + times)})
    elif what == "vocabulary_size":
        large = whole(training, vocabulary_size=65 * (1 + times))
    else:
        large = whole(training, **{what: BASE[what] * (1 + times)})
    assert large > small


def test_pieces_of_a_batch_take_less_than_all_of_it():
    assert whole({"gradient_accumulation": 8}) < whole()


def test_each_of_several_processes_holds_its_part_of_a_batch():
    assert whole(compute={"processes": 4}, training={"batch_size": 256}) < whole(
        training={"batch_size": 256}
    )


def test_half_the_digits_take_less():
    assert whole(compute={"precision": "bfloat16"}) < whole()


def test_muon_remembers_less_than_adamw():
    shapes = GPTConfig().parameter_shapes(65)
    assert optimizer_bytes(shapes, "muon") < optimizer_bytes(shapes, "adamw")


def test_what_is_saved_lies_beside_what_training_needs():
    config = GPTConfig(width=512, num_layers=8, num_heads=8, context_length=8)
    shapes = config.parameter_shapes(65)
    weights, memory = weight_bytes(shapes), optimizer_bytes(shapes, "adamw")
    total = training_bytes(
        config, TrainingConfig(batch_size=1), ComputeConfig(), vocabulary_size=65
    )
    held = 2 * weights + memory + 2 * (weights + memory)
    assert held < total < 1.1 * held


def test_a_long_context_takes_more_than_as_many_tokens_in_short_windows_under_dropout():
    short = GPTConfig(context_length=32, dropout=0.1)
    long = dataclasses.replace(short, context_length=256)
    assert activation_bytes(long, rows=1, vocabulary_size=65) > activation_bytes(
        short, rows=8, vocabulary_size=65
    )
    assert evaluation_bytes(long, vocabulary_size=65) == evaluation_bytes(short, vocabulary_size=65)
