import dataclasses
import math
import subprocess
import sys

import pytest

from minigpt.errors import ConfigurationError
from minigpt.training.config import (
    CHOICES,
    COMPUTE_CHOICES,
    LONGEST_PASSAGE,
    RANGES,
    ComputeConfig,
    TrainingConfig,
)


def test_every_setting_has_a_range_or_a_length():
    named = {field.name for field in dataclasses.fields(TrainingConfig)}
    assert set(RANGES) | set(CHOICES) | {"never_read"} == named


def test_a_passage_that_is_never_read_has_a_greatest_length():
    longest = "a" * LONGEST_PASSAGE
    assert TrainingConfig(never_read=longest).never_read == longest
    with pytest.raises(ConfigurationError, match="Choose a shorter passage") as refused:
        TrainingConfig(never_read=longest + "a")
    assert refused.value.field == "training.never_read"


@pytest.mark.parametrize("name", RANGES)
def test_the_ends_of_a_range_belong_to_it(name):
    kind = type(getattr(TrainingConfig(), name))
    for end in RANGES[name]:
        # A batch of 4096 windows can be cut into as many pieces as pieces can be asked for.
        wide = {"batch_size": 4096} | {name: kind(end)}
        assert getattr(TrainingConfig(**wide), name) == end


@pytest.mark.parametrize("name", RANGES)
def test_beyond_the_range_is_refused(name):
    kind = type(getattr(TrainingConfig(), name))
    smallest, largest = RANGES[name]
    beyond = [kind(smallest - 1), kind(largest * 2)]
    if kind is float:
        beyond += [math.nan, math.inf]
    for value in beyond:
        with pytest.raises(ConfigurationError, match="must lie between") as refusal:
            TrainingConfig(**{name: value})
        assert refusal.value.field == f"training.{name}"
        assert refusal.value.message.startswith(name.replace("_", " "))


def test_a_configuration_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().steps = 3


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.training.config; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", CHOICES)
def test_what_cannot_be_chosen_is_refused(unchecked_types, name):
    with pytest.raises(ConfigurationError, match="choose one of") as refusal:
        TrainingConfig(**{name: "other"})
    assert refusal.value.field == f"training.{name}"


def test_a_batch_is_cut_into_equal_pieces_only():
    with pytest.raises(ConfigurationError, match="cannot be cut into 3 equal pieces") as refusal:
        TrainingConfig(batch_size=32, gradient_accumulation=3)
    assert refusal.value.field == "training.gradient_accumulation"


def test_passes_over_the_text_limit_the_steps():
    size = {"context_length": 10, "training_tokens": 1000}
    assert TrainingConfig(steps=500, batch_size=5).planned_steps(**size) == 500
    assert TrainingConfig(steps=500, batch_size=5, epochs=2.0).planned_steps(**size) == 40
    assert TrainingConfig(steps=30, batch_size=5, epochs=2.0).planned_steps(**size) == 30
    assert TrainingConfig(steps=30, batch_size=5, epochs=0.001).planned_steps(**size) == 1


@pytest.mark.parametrize("name", COMPUTE_CHOICES)
def test_a_way_of_computing_that_does_not_exist_is_refused(unchecked_types, name):
    with pytest.raises(ConfigurationError, match="choose one of") as refusal:
        ComputeConfig(**{name: "other"})
    assert refusal.value.field == f"compute.{name}"


@pytest.mark.parametrize(("name", "value"), [("threads", -1), ("threads", 1025), ("processes", 0)])
def test_threads_and_processes_out_of_range_are_refused(name, value):
    with pytest.raises(ConfigurationError, match="must lie between") as refusal:
        ComputeConfig(**{name: value})
    assert refusal.value.field == f"compute.{name}"


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_float16_needs_a_card_that_scales_gradients(device):
    with pytest.raises(ConfigurationError, match="float16 needs a cuda device"):
        ComputeConfig(device=device, precision="float16")
