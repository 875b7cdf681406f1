import dataclasses

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig
from minigpt.training.batches import Batch
from minigpt.training.config import ComputeConfig, TrainingConfig
from minigpt.training.cost import (
    activation_bytes,
    evaluation_bytes,
    optimizer_bytes,
    training_bytes,
    weight_bytes,
)
from minigpt.training.trainer import Trainer, TrainingData

BASE = {"context_length": 16, "width": 32, "num_layers": 2}
LARGER = {"context_length": 32, "width": 64, "num_layers": 4}


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
    remembered = sum(tensor.nbytes for tensor in state.memory.values())
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
