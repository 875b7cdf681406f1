import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from minigpt.errors import ConfigurationError
from minigpt.models import LADDER
from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig, MultiHeadConfig, TransformerConfig, base, gpt
from minigpt.models.configs.parts import feed_forward_widths, is_inner_matrix

CHOICES = gpt.CHOICES
LARGEST = base.LARGEST | gpt.LARGEST_NGRAMS

SIZES = [
    (rung, field.name)
    for rung, entry in LADDER.items()
    for field in dataclasses.fields(entry.config)
    if field.name in LARGEST
]
# Values beside the tested one, so that the width can be shared.
BESIDE = {"num_heads": {"width": LARGEST["num_heads"]}, "width": {"num_heads": 1}}


@pytest.mark.parametrize(("rung", "name"), SIZES)
def test_sizes_out_of_range_are_refused(rung, name):
    for value in (0, -1, LARGEST[name] + 1):
        with pytest.raises(ConfigurationError, match=f"is {value}; it must lie between") as refusal:
            LADDER[rung].config(**{name: value})
        assert refusal.value.field == f"model.{name}"
        assert name.replace("_", " ") in refusal.value.message


@pytest.mark.parametrize(("rung", "name"), SIZES)
def test_sizes_in_range_are_accepted(rung, name):
    known = {field.name for field in dataclasses.fields(LADDER[rung].config)}
    beside = {key: value for key, value in BESIDE.get(name, {}).items() if key in known}
    for value in (1, LARGEST[name]):
        assert getattr(LADDER[rung].config(**beside, **{name: value}), name) == value


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize("name", CHOICES)
def test_choices_are_checked(name):
    for value in CHOICES[name]:
        assert getattr(GPTConfig(**{name: value}), name) == value
    with pytest.raises(ConfigurationError, match=f"choose one of {CHOICES[name][0]}") as refusal:
        GPTConfig(**{name: "best"})
    assert refusal.value.field == f"model.{name}"


@pytest.mark.parametrize("dropout", [-0.1, 0.95, float("nan")])
def test_dropout_is_checked(dropout):
    with pytest.raises(ConfigurationError, match="dropout"):
        GPTConfig(dropout=dropout)


@pytest.mark.parametrize("kind", [MultiHeadConfig, TransformerConfig, GPTConfig])
def test_heads_must_share_the_width_equally(kind):
    with pytest.raises(ConfigurationError, match="multiple of 3") as refusal:
        kind(width=32, num_heads=3)
    assert refusal.value.field == "model.width"


def test_rotary_positions_need_pairs():
    with pytest.raises(ConfigurationError, match="each head has 3"):
        GPTConfig(width=12, num_heads=4, position="rotary")
    assert GPTConfig(width=12, num_heads=4, position="learned").head_size == 3


@pytest.mark.parametrize("rung", LADDER)
def test_a_configuration_cannot_change(rung):
    config = LADDER[rung].config()
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.context_length = 3


@pytest.mark.parametrize("module", ["minigpt.models", "minigpt.models.configs"])
def test_importing_it_does_not_import_torch(module):
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("vocabulary_size", [7, 24])
def test_every_kind_of_model_has_the_shapes_it_is_built_with(variant, vocabulary_size):
    model = build_model(variant, vocabulary_size=vocabulary_size)
    built = {name: tuple(array.shape) for name, array in model.named_parameters()}
    assert variant.parameter_shapes(vocabulary_size) == built


def test_every_kind_of_model_is_counted_as_it_is_built(variant):
    built = build_model(variant, vocabulary_size=24)
    assert variant.parameter_count(24) == built.num_parameters


def test_the_matrices_inside_are_those_between_the_layers(variant):
    shapes = variant.parameter_shapes(24)
    inner = {name for name, shape in shapes.items() if is_inner_matrix(name, shape)}
    blocks = build_model(variant, vocabulary_size=24).blocks.named_parameters()
    assert inner == {f"blocks.{name}" for name, matrix in blocks if matrix.dim() == 2}


@pytest.mark.parametrize("tied", [True, False])
def test_the_smallest_gpt2_has_the_size_it_is_known_for(tied):
    shape = GPTConfig(
        context_length=1024, width=768, num_layers=12, num_heads=12, tied_embeddings=tied
    )
    assert shape.parameter_count(50_257) == 124_439_808 + (not tied) * 38_597_376


def test_a_model_too_large_to_be_built_is_counted_too():
    enormous = GPTConfig(width=8192, num_layers=96, num_heads=128, context_length=8192)
    assert 7e10 < enormous.parameter_count(50_257) < 8e10
    assert enormous.parameter_count(10**40) > 10**43


def test_a_gate_returns_fewer_channels_and_takes_more():
    assert feed_forward_widths(30, "gelu") == (120, 120)
    assert feed_forward_widths(30, "swiglu") == (160, 80)


def test_counting_does_not_wait_for_torch():
    code = "import sys, minigpt.models.configs.parts; sys.exit('torch' in sys.modules)"
    folder = Path(__file__).parents[4]
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0


def test_a_transformer_may_have_any_number_of_heads():
    config = TransformerConfig(width=6, num_heads=3, num_layers=2)
    built = build_model(config, vocabulary_size=24)
    assert config.parameter_count(24) == built.num_parameters
