import pytest
import torch

from minigpt.introspection.ablation import heads_shape, with_heads
from minigpt.introspection.lens import even_rollout, lens, rollout, steps_of, streams
from minigpt.introspection.trace import trace

POSITION = 5
NEAR = {"atol": 1e-5, "rtol": 1e-5}


@pytest.fixture
def seen(variant_model, random_tokens):
    return trace(variant_model, random_tokens(1))


def test_after_the_last_layer_it_says_what_the_model_says(variant_model, seen):
    logits = lens(variant_model, streams(seen))
    torch.testing.assert_close(logits[-1], seen.logits[0], **NEAR)
    assert logits.shape[0] == 1 + len(seen.layers)


def test_so_it_does_with_heads_off(variant_model, random_tokens):
    shape = heads_shape(variant_model)
    if not shape[0]:
        pytest.skip("has no heads")
    mask = torch.ones(shape)
    mask[0, 0] = 0
    silent = with_heads(variant_model, mask)
    logits = lens(silent, streams(trace(silent, random_tokens(1))))
    with torch.inference_mode():
        torch.testing.assert_close(logits[-1], silent(random_tokens(1))[0], **NEAR)
    whole = lens(variant_model, streams(trace(variant_model, random_tokens(1))))
    torch.testing.assert_close(logits[0], whole[0], **NEAR)  # before the first block none works
    assert not torch.allclose(logits[-1], whole[-1], **NEAR)


def test_before_the_first_layer_it_reads_the_vectors_of_tokens_alone(variant_model, seen):
    with torch.inference_mode():
        expected = variant_model.unembed(seen.embedded)[0]
    torch.testing.assert_close(lens(variant_model, streams(seen))[0], expected, **NEAR)


def test_the_steps_of_one_position_end_where_the_layers_do(variant_model, seen):
    steps = steps_of(variant_model, seen, POSITION)
    assert len(steps) == 1 + 2 * len(seen.layers)
    torch.testing.assert_close(steps[::2], streams(seen)[:, POSITION], **NEAR)
    for layer, after in zip(seen.layers, steps[1::2], strict=True):
        if torch.equal(layer.fed, torch.zeros_like(layer.fed)):
            torch.testing.assert_close(after, layer.residual_after[0, POSITION], **NEAR)


def test_rollout_shares_out_the_past(variant_model, seen):
    if not seen.layers:
        pytest.skip("has no attention")
    found = rollout(seen)
    torch.testing.assert_close(found.sum(-1), torch.ones(found.shape[:2]), **NEAR)
    assert torch.equal(found, found.tril())


def test_rollout_of_one_layer_is_its_mean_and_the_way_around(variant_model, seen):
    if not seen.layers:
        pytest.skip("has no attention")
    mean = seen.layers[0].weights[0].mean(0)
    torch.testing.assert_close(rollout(seen)[0], (mean + torch.eye(8)) / 2, **NEAR)


def test_heads_that_look_everywhere_alike_are_rolled_out_unevenly():
    one, two = even_rollout(2, 4)
    torch.testing.assert_close(one[3], torch.tensor([1, 1, 1, 5]) / 8)
    # Half stays; of the other half each place hands on a quarter of what it has.
    torch.testing.assert_close(two[3], one[3] / 2 + one.mean(0) / 2)
    torch.testing.assert_close(two.sum(-1), torch.ones(4))
    assert two[3, 0] > two[3, 1]
