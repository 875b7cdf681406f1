import torch

from minigpt.introspection.flows import FLOWS, flows
from minigpt.introspection.trace import trace


def test_weights_alone_are_the_attention(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    if seen.layers:
        assert torch.equal(flows(variant_model, seen, "weight"), seen.attention)


def test_what_flows_is_the_length_of_what_each_token_hands_over(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    if not seen.layers:
        return
    layer, row, column = seen.layers[-1], 5, 2
    *_, block = variant_model.attention_blocks()
    alone = torch.zeros_like(layer.mixed)
    alone[:, :, row] = layer.weights[:, :, row, column, None] * layer.values[:, :, column]
    with torch.inference_mode():
        added = block.attention.head_additions(alone)[:, :, row].norm(dim=-1)
    found = {kind: flows(variant_model, seen, kind)[:, -1, :, row, column] for kind in FLOWS}
    torch.testing.assert_close(found["value"], alone[:, :, row].norm(dim=-1))
    torch.testing.assert_close(found["contribution"], added)


def test_nothing_flows_from_the_future(variant_model, random_tokens):
    seen = trace(variant_model, random_tokens())
    for kind in FLOWS if seen.layers else ():
        found = flows(variant_model, seen, kind)
        assert torch.equal(found, found.tril())
