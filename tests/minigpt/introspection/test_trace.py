import pytest
import torch
from torch import nn

from minigpt.errors import ConfigurationError
from minigpt.introspection.trace import STAGES, trace, trace_bytes
from minigpt.models.configs import GPTConfig

ROUNDING = 1e-6


def test_it_sees_the_logits_the_model_gives(variant_model, random_tokens):
    tokens = random_tokens()
    with torch.inference_mode():
        expected = variant_model(tokens)
    # The fused kernel sums in another order than the explicit steps.
    traced = trace(variant_model, tokens).logits
    torch.testing.assert_close(traced, expected, atol=ROUNDING, rtol=ROUNDING)


def test_weights_are_shares_of_the_past(variant_model, random_tokens):
    for layer in trace(variant_model, random_tokens(3, 6)).layers:
        torch.testing.assert_close(layer.weights.sum(-1), torch.ones(layer.weights.shape[:-1]))
        assert torch.equal(layer.weights, layer.weights.tril())
        assert (layer.weights.tril() >= 0).all()
        assert (layer.weights[..., 0, 0] == 1).all()


def test_every_intermediate_has_its_shape(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens(3, 6))
    for block, layer in zip(variant_model.attention_blocks(), seen.layers, strict=True):
        heads, head_size = block.attention.num_heads, block.attention.head_size
        for vectors in (layer.queries, layer.keys, layer.values, layer.mixed):
            assert vectors.shape == (3, heads, 6, head_size)
        for table in (layer.scores, layer.masked_scores, layer.weights):
            assert table.shape == (3, heads, 6, 6)
        for stream in (layer.residual_before, layer.attended, layer.residual_after):
            assert stream.shape == seen.embedded.shape


def test_each_layer_goes_on_where_the_one_before_it_ended(variant_model, random_tokens):
    tokens = random_tokens()
    seen = trace(variant_model, tokens)
    ends = [seen.embedded, *(layer.residual_after for layer in seen.layers)]
    for layer, before in zip(seen.layers, ends, strict=False):
        assert torch.equal(layer.residual_before, before)
    with torch.inference_mode():
        assert torch.equal(seen.embedded, variant_model.embed(tokens))
        assert torch.equal(seen.logits, variant_model.unembed(ends[-1]))


def test_attention_collects_the_weights_of_all_layers(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    if not seen.layers:
        with pytest.raises(IndexError, match="no attention"):
            _ = seen.attention
        return
    assert seen.attention.shape[:2] == (2, len(seen.layers))
    for index, layer in enumerate(seen.layers):
        assert torch.equal(seen.attention[:, index], layer.weights)


def test_the_averaging_rung_weighs_every_past_token_the_same(build_tiny, tiny_config):
    model = build_tiny(tiny_config("averaging"))
    weights = trace(model, torch.tensor([[5, 1, 2, 9]])).attention[0, 0, 0]
    expected = torch.ones(4, 4).tril() / torch.arange(1, 5).unsqueeze(1)
    torch.testing.assert_close(weights, expected)


def head_mask(model, batch, value):
    blocks = list(model.attention_blocks())
    heads = blocks[0].attention.num_heads if blocks else 1
    return torch.full((batch, len(blocks), heads), value)


def test_a_mask_of_ones_changes_nothing(variant_model, random_tokens):
    tokens = random_tokens()
    ones = head_mask(variant_model, 2, 1.0)
    masked = trace(variant_model, tokens, head_mask=ones)
    assert torch.equal(masked.logits, trace(variant_model, tokens).logits)


def test_a_layer_whose_heads_are_all_silent_adds_its_offset_only(variant_model, random_tokens):
    mask = head_mask(variant_model, 2, 1.0)
    if not mask.numel():
        pytest.skip("has no heads")
    mask[:, -1] = 0
    attended = trace(variant_model, random_tokens(), head_mask=mask).layers[-1].attended
    *_, block = variant_model.attention_blocks()
    output = getattr(block.attention, "output", None)
    offset = output.bias if isinstance(output, nn.Linear) and output.bias is not None else 0
    assert torch.equal(attended, torch.zeros_like(attended) + offset)


def test_silencing_one_head_leaves_the_others_as_they_were(build_tiny, tiny_config, random_tokens):
    model = build_tiny(tiny_config("gpt"))
    mask = head_mask(model, 2, 1.0)
    mask[0, 0, 1] = 0
    tokens = random_tokens()
    whole, masked = trace(model, tokens), trace(model, tokens, head_mask=mask)
    first, first_masked = whole.layers[0], masked.layers[0]
    assert torch.equal(first_masked.weights, first.weights)
    assert torch.equal(first_masked.mixed[:, 0], first.mixed[:, 0])
    assert (first_masked.mixed[0, 1] == 0).all()
    assert not torch.equal(masked.logits[0], whole.logits[0])
    assert torch.equal(masked.logits[1], whole.logits[1])


def test_scores_are_masked_then_turned_into_weights(build_tiny, tiny_config, random_tokens):
    (layer, _) = trace(build_tiny(tiny_config("gpt")), random_tokens()).layers
    past = torch.ones(8, 8, dtype=torch.bool).tril()
    assert torch.equal(layer.masked_scores[..., past], layer.scores[..., past])
    assert (layer.masked_scores[..., ~past] == -torch.inf).all()
    assert torch.equal(layer.weights, layer.masked_scores.softmax(-1))
    assert torch.equal(layer.mixed, layer.weights @ layer.values)


def test_looking_changes_nothing_on_the_model(variant_model, random_tokens):
    before = {name: value.clone() for name, value in variant_model.state_dict().items()}
    trace(variant_model, random_tokens(), head_mask=head_mask(variant_model, 2, 0.0))
    assert not variant_model.training
    for name, value in variant_model.state_dict().items():
        assert torch.equal(value, before[name])
    assert all(parameter.grad is None for parameter in variant_model.parameters())


@pytest.mark.parametrize("length", [0, 9])
def test_a_text_that_does_not_fit_is_refused(tiny_model, random_tokens, length):
    with pytest.raises(ConfigurationError, match="1 to 8 tokens"):
        trace(tiny_model, random_tokens(1, length))


def test_only_what_is_asked_for_is_kept(variant_model, random_tokens):
    tokens = random_tokens()
    whole = trace(variant_model, tokens)
    for stage in STAGES:
        seen = trace(variant_model, tokens, keep={stage})
        assert torch.equal(seen.logits, whole.logits)
        for layer, expected in zip(seen.layers, whole.layers, strict=True):
            assert vars(layer).keys() == {stage}
            assert torch.equal(getattr(layer, stage), getattr(expected, stage))


def test_what_was_not_kept_is_named(build_tiny, tiny_config, random_tokens):
    layer = trace(build_tiny(tiny_config("gpt")), random_tokens(), keep={"weights"}).layers[0]
    with pytest.raises(AttributeError, match="'values' was not kept"):
        _ = layer.values


def test_scores_are_the_scaled_products_of_queries_and_keys(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    for block, layer in zip(variant_model.attention_blocks(), seen.layers, strict=True):
        assert torch.equal(layer.products, layer.queries @ layer.keys.transpose(-2, -1))
        assert torch.equal(layer.scores, layer.products * block.attention.scale)


def test_the_additions_of_heads_and_feed_forward_make_up_the_stream(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    for block, layer in zip(variant_model.attention_blocks(), seen.layers, strict=True):
        offset = block.attention.join_offset
        joined = layer.head_additions.sum(1) + (0 if offset is None else offset)
        torch.testing.assert_close(joined, layer.attended, atol=ROUNDING, rtol=ROUNDING)
        with torch.inference_mode():
            after = block.add_fed(
                block.add_attention(layer.residual_before, layer.attended), layer.fed
            )
        assert torch.equal(after, layer.residual_after)


def test_a_trace_that_would_take_too_much_says_how_much_and_what_would_fit(
    build_tiny, tiny_config, random_tokens
):
    model = build_tiny(tiny_config("gpt"))
    five = trace_bytes(model, length=5, batch=2)
    assert trace(model, random_tokens(2, 5), most_bytes=five).layers
    with pytest.raises(ConfigurationError, match="At most 5 tokens can be shown"):
        trace(model, random_tokens(2, 6), most_bytes=five)
    assert trace(model, random_tokens(2, 6), keep={"weights"}, most_bytes=five).layers


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_takes_is_known_before(build_tiny, stage):
    config = GPTConfig(context_length=32, width=32, num_layers=3, num_heads=4)
    seen = trace(build_tiny(config), torch.zeros(2, 32, dtype=torch.long), keep={stage})
    kept = [seen.embedded, seen.logits, *(getattr(layer, stage) for layer in seen.layers)]
    taken = sum({one.data_ptr(): 4 * one.numel() for one in kept}.values())
    told = trace_bytes(build_tiny(config), length=32, batch=2, keep={stage})
    assert taken * 0.9 <= told <= taken * 1.1
