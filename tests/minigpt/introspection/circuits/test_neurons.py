import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.circuits import neurons
from minigpt.introspection.circuits.neurons import (
    activations,
    activations_on,
    explained_by_chance,
    feed_forward_of,
    logits_without_neuron,
    shares_of,
    survey_neurons,
)
from minigpt.introspection.circuits.single_tokens import read_alone
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig

KINDS = ({}, {"activation": "swiglu"}, {"norm_position": "post"}, {"norm": "rms", "bias": False})


@pytest.fixture(params=KINDS, ids=str)
def gpt(build_tiny, request):
    """A small model, its weights far from where they began."""
    sizes = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}
    model = build_tiny(GPTConfig(**sizes, **request.param))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return model


def test_what_neurons_are_makes_what_the_part_adds(gpt, random_tokens):
    tokens = random_tokens(3)
    seen = trace(gpt, tokens)
    for block, layer, found in zip(
        gpt.blocks, seen.layers, activations_on(gpt, tokens), strict=True
    ):
        with torch.inference_mode():
            torch.testing.assert_close(block.feed_forward.narrow(found), layer.fed)


def test_a_survey_is_what_looking_at_every_place_gives(gpt, random_tokens):
    tokens = random_tokens(6)
    by_window = survey_neurons(gpt, tokens, most_bytes=1)
    for found, every in zip(by_window, activations_on(gpt, tokens), strict=True):
        flat = every.flatten(0, 1)
        strongest = flat.topk(neurons.KEPT_PLACES, dim=0).values.T
        torch.testing.assert_close(found.strengths, strongest)
        torch.testing.assert_close(flat.T.gather(1, found.places), strongest)
        torch.testing.assert_close(found.means, flat.mean(0))
        torch.testing.assert_close(found.variances, flat.var(0, correction=0), atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found.active, (flat > 0).float().mean(0))
        ids = tokens.flatten()
        means = torch.stack([flat[ids == one].mean(0) for one in ids])
        explained = means.var(0, correction=0) / flat.var(0, correction=0)
        varies = found.variances > 1e-6
        torch.testing.assert_close(found.by_token[varies], explained[varies], atol=1e-4, rtol=1e-3)


def test_what_all_layers_hold_at_once_is_bounded(gpt, random_tokens):
    tokens, read = random_tokens(6), []
    each = sum(one[:1].numel() for one in activations_on(gpt, tokens))
    attention = gpt.blocks[0].attention
    attention.register_forward_pre_hook(lambda _part, given: read.append(len(given[0])))
    survey_neurons(gpt, tokens, most_bytes=2 * neurons.FLOAT * each)
    assert read == [2, 2, 2]


def test_of_too_many_tokens_none_has_a_mean_of_its_own(build_tiny, random_tokens):
    config, most = GPTConfig(context_length=8, width=16, num_heads=2), neurons.MOST_COUNTED
    counted, not_counted = (
        survey_neurons(build_tiny(config, vocabulary_size=size), random_tokens(1))[0].by_token
        for size in (most, most + 1)
    )
    assert counted is not None
    assert not_counted is None


def test_what_has_nothing_to_do_with_tokens_is_explained_by_chance_as_much():
    tokens = torch.randint(20, (400,))
    noise = torch.randn(400, 300)
    tally = neurons._Tally(20, 300)
    tally.add(noise, tokens, 0)
    assert float(tally.neurons().by_token.mean()) == pytest.approx(
        explained_by_chance(tokens), rel=0.1
    )


def test_neurons_and_the_bias_add_up_to_the_line_of_the_part(gpt):
    if gpt.config.norm_position == "post":
        pytest.skip("has no receipt")
    text = torch.tensor([[4]])
    taken = receipt(gpt, text, trace(gpt, text), position=0, token=5)
    each = read_alone(gpt, torch.tensor([4]))
    for layer, part in enumerate(gpt.blocks):
        [line] = [
            place
            for place, one in enumerate(taken.parts)
            if (one.kind, one.layer) == ("feed_forward", layer)
        ]
        pushed = taken.read.pushes(taken.vectors[line][None])[0]
        with torch.inference_mode():
            active = activations(part, each.steps[2 * layer + 1][None])[0, 0]
        shares = shares_of(part.feed_forward, active, taken.read, 5)
        bias = part.feed_forward.narrow.bias
        offset = 0.0 if bias is None else bias.detach() @ taken.read.above_mean(5)
        total = shares.sum() + offset
        torch.testing.assert_close(total, pushed[5] - pushed.mean(), atol=1e-4, rtol=1e-4)


def test_without_a_neuron_is_what_a_column_of_zeros_gives(gpt, random_tokens):
    tokens = random_tokens(2)
    found = logits_without_neuron(gpt, 1, 7, tokens)
    with torch.no_grad():
        gpt.blocks[1].feed_forward.narrow.weight[:, 7] = 0
    torch.testing.assert_close(found, gpt(tokens).detach(), atol=1e-4, rtol=1e-4)


def test_where_there_are_none_the_reason_is_said(tiny_config, build_tiny):
    for rung in ("bigram", "multi_head"):
        with pytest.raises(ConfigurationError, match="no neurons"):
            feed_forward_of(build_tiny(tiny_config(rung)), 0)
