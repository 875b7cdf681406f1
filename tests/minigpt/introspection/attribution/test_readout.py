import pytest
import torch

from minigpt.introspection.attribution.readout import has_last_norm, pushes_beside, readout
from minigpt.introspection.trace import trace

POSITION = 5


@pytest.fixture
def stream(variant_model, random_tokens):
    """The stream after the last block at one position, and the logits there."""
    seen = trace(variant_model, random_tokens(1))
    after = seen.layers[-1].residual_after if seen.layers else seen.embedded
    return after[0, POSITION], seen.logits[0, POSITION]


def test_of_the_vector_it_was_made_for_it_says_what_the_model_says(variant_model, stream):
    residual, logits = stream
    read = readout(variant_model, residual)
    pushed = read.pushes(residual[None])[0] + read.offset
    torch.testing.assert_close(pushed, logits, atol=1e-5, rtol=0)


def test_what_is_added_up_pushes_as_much_as_its_parts(variant_model, stream):
    residual, _ = stream
    read, parts = readout(variant_model, residual), torch.randn(7, len(residual))
    together = read.pushes(parts.sum(0)[None])[0]
    torch.testing.assert_close(read.pushes(parts).sum(0), together, atol=1e-4, rtol=0)


def test_a_direction_says_of_one_token_what_pushes_say_of_all(variant_model, stream):
    residual, _ = stream
    read, parts = readout(variant_model, residual), torch.randn(7, len(residual))
    pushes = read.pushes(parts)
    alone, apart = parts @ read.direction(3), parts @ read.direction(3, against=11)
    torch.testing.assert_close(alone, pushes[:, 3], atol=1e-4, rtol=0)
    torch.testing.assert_close(apart, pushes[:, 3] - pushes[:, 11], atol=1e-4, rtol=0)


def test_the_model_is_left_as_it_is(variant_model, random_tokens, stream):
    before = variant_model(random_tokens())
    parts = dict(variant_model.named_modules())
    readout(variant_model, stream[0])
    assert dict(variant_model.named_modules()) == parts
    assert torch.equal(variant_model(random_tokens()), before)


def test_where_there_is_no_last_norm_the_size_does_not_count(variant_model, stream):
    residual, _ = stream
    one, other = (readout(variant_model, size * residual) for size in (1, 3))
    pushes = [read.pushes(residual[None])[0] for read in (one, other)]
    assert torch.allclose(*pushes) != has_last_norm(variant_model)


def test_beside_streams_of_their_own_all_vectors_push_as_each_would_alone(variant_model, stream):
    residuals = stream[0] * torch.tensor([[1.0], [3.0]]) + torch.randn(2, len(stream[0]))
    vectors = torch.randn_like(residuals)
    alone = [
        readout(variant_model, residual).pushes(vector[None])[0]
        for residual, vector in zip(residuals, vectors, strict=True)
    ]
    together = pushes_beside(variant_model, vectors, residuals)
    torch.testing.assert_close(together, torch.stack(alone), atol=1e-5, rtol=1e-4)
