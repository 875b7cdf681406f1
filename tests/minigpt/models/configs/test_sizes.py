import subprocess
import sys
from pathlib import Path

import pytest

from minigpt.models.build import build_model
from minigpt.models.configs import GPTConfig, TransformerConfig
from minigpt.models.configs.parts import feed_forward_widths, is_inner_matrix


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
