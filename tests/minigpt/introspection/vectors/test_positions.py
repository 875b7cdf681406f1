import math

import pytest
import torch

from minigpt.introspection.vectors.positions import (
    likeness_by_distance,
    position_vectors,
    rotary_angles,
    turned_likeness,
)
from minigpt.models.configs import GPTConfig
from minigpt.models.layers.embeddings import sinusoidal_positions
from tests.conftest import TINY_SIZES


def gpt(build_tiny, position):
    return build_tiny(GPTConfig(**TINY_SIZES, position=position))


@pytest.mark.parametrize("position", ["learned", "sinusoidal"])
def test_what_is_added_is_what_the_model_adds(build_tiny, position):
    model = gpt(build_tiny, position)
    tokens = torch.zeros(1, model.context_length, dtype=torch.long)
    with torch.inference_mode():
        added = model.embed_parts(tokens)["position"][0]
    assert torch.equal(position_vectors(model), added)
    assert rotary_angles(model) is None


def test_angles_turn_vectors_as_the_heads_do(build_tiny):
    model = gpt(build_tiny, "rotary")
    assert position_vectors(model) is None
    angles = rotary_angles(model)
    head_size = model.config.head_size
    vectors = torch.randn(1, 1, model.context_length, head_size)
    rotation = next(iter(model.attention_blocks())).attention.rotation
    first, second = vectors.chunk(2, dim=-1)
    cosine, sine = angles.cos(), angles.sin()
    turned = torch.cat((first * cosine - second * sine, first * sine + second * cosine), dim=-1)
    torch.testing.assert_close(turned, rotation(vectors), atol=1e-5, rtol=1e-5)


def test_a_model_without_positions_has_neither(build_tiny):
    model = gpt(build_tiny, "none")
    assert position_vectors(model) is None
    assert rotary_angles(model) is None


def test_waves_are_as_alike_as_their_distance_says_wherever_they_stand():
    table = sinusoidal_positions(32, 16)
    found = likeness_by_distance(table)
    assert found[0] == pytest.approx(1, abs=1e-5)
    for first in (0, 7, 20):
        cosine = torch.cosine_similarity(table[first], table[first + 5], dim=0)
        assert float(cosine) == pytest.approx(float(found[5]), abs=1e-5)


def test_by_distance_is_the_mean_over_all_places():
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    assert likeness_by_distance(vectors).tolist() == pytest.approx([1.0, 0.5, 0.0])


def test_a_turned_vector_is_less_like_itself_the_further_it_is():
    angles = torch.arange(4)[:, None] * torch.tensor([[math.pi / 3, 0.0]])
    assert turned_likeness(angles).tolist() == pytest.approx([1.0, 0.75, 0.25, 0.0], abs=1e-6)
