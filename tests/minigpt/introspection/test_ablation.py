import copy

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from minigpt.introspection import ablation
from minigpt.introspection.ablation import (
    changed_losses,
    head_means,
    heads_shape,
    part_losses,
    plain_pass,
    redirect_head,
    silence_head,
    token_losses,
    with_heads,
)
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import generate

ROUNDING = 1e-5
MOST_WORK = 0.65


@pytest.fixture
def plain(variant_model, random_tokens):
    if heads_shape(variant_model) == (0, 0):
        pytest.skip("has no heads")
    return plain_pass(variant_model, random_tokens(3), random_tokens(3, seed=1))


def naive(plain, head, means=None):
    """The same loss, by a whole pass of its own."""
    mask = torch.ones(heads_shape(plain.model))
    mask[head] = 0
    with torch.inference_mode():
        tokens = inputs_of(plain)
        if means is None:
            masks = mask.expand(len(tokens), *mask.shape)
            logits = trace(plain.model, tokens, head_mask=masks).logits
        else:
            logits = with_heads(plain.model, mask, means=means)(tokens)
    return token_losses(logits, plain.targets)


def inputs_of(plain):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(24, plain.targets.shape, generator=generator)


@pytest.mark.parametrize("by_mean", [False, True])
def test_each_head_in_one_batch_gives_what_each_gives_alone(plain, by_mean):
    means = head_means(plain) if by_mean else None
    changes = [silence_head(plain, head, means=means) for head in plain.heads]
    losses = changed_losses(plain, changes)
    for head, found in zip(plain.heads, losses, strict=True):
        torch.testing.assert_close(found, naive(plain, head, means), atol=ROUNDING, rtol=ROUNDING)


def test_changing_nothing_changes_nothing(plain):
    same = [
        ablation.Replacement(layer, head, plain.seen.layers[layer].mixed[:, head])
        for layer, head in plain.heads
    ]
    for losses in changed_losses(plain, same):
        torch.testing.assert_close(losses, plain.losses, atol=ROUNDING, rtol=ROUNDING)


def test_looking_where_it_looked_changes_nothing(plain):
    seen = trace(plain.model, inputs_of(plain))
    changes = [
        redirect_head(plain, (layer, head), seen.layers[layer].weights[:, head])
        for layer, head in plain.heads
    ]
    for losses in changed_losses(plain, changes):
        torch.testing.assert_close(losses, plain.losses, atol=ROUNDING, rtol=ROUNDING)


def test_heads_are_switched_off_wherever_the_model_is(build_tiny):
    config = GPTConfig(context_length=16, width=24, num_layers=2, num_heads=2)
    model = build_tiny(config).to("meta")  # a device that every machine has
    mask = torch.zeros(heads_shape(model), device="meta")
    logits = with_heads(model, mask)(torch.zeros(1, 4, dtype=torch.long, device="meta"))
    assert logits.shape == (1, 4, model.vocabulary_size)


def test_without_any_head_a_block_only_adds_its_offset_and_feeds(variant_model, random_tokens):
    shape, tokens = heads_shape(variant_model), random_tokens()
    with torch.inference_mode():
        found = with_heads(variant_model, torch.zeros(shape))(tokens)
        residual = variant_model.embed(tokens)
        for block in variant_model.attention_blocks():
            offset = block.attention.join_offset
            nothing = torch.zeros_like(residual) + (0 if offset is None else offset)
            residual = block.add_feed_forward(block.add_attention(residual, nothing))
        expected = variant_model.unembed(residual)
    torch.testing.assert_close(found, expected, atol=ROUNDING, rtol=ROUNDING)


def test_with_all_heads_it_is_the_same_model(variant_model, random_tokens):
    tokens = random_tokens()
    twin = with_heads(variant_model, torch.ones(heads_shape(variant_model)))
    with torch.inference_mode():
        assert torch.equal(twin(tokens), variant_model(tokens))
        expected = trace(variant_model, tokens)
        for one, other in zip(trace(twin, tokens).layers, expected.layers, strict=True):
            torch.testing.assert_close(one.head_additions, other.head_additions)


def test_a_twin_with_a_silent_head_leaves_the_model_as_it_was(variant_model, random_tokens):
    tokens = random_tokens()
    with torch.inference_mode():
        before = variant_model(tokens)
        with_heads(variant_model, torch.zeros(heads_shape(variant_model)))(tokens)
        assert torch.equal(variant_model(tokens), before)


def test_text_is_written_without_the_silent_heads(build_tiny, tiny_config):
    model = build_tiny(tiny_config("gpt"))
    mask = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
    drawn = generate(with_heads(model, mask), [1, 2], SamplingConfig(temperature=1.0), seed=3)
    first = next(drawn)
    odds = trace(model, torch.tensor([[1, 2]]), head_mask=mask[None]).logits[0, -1].softmax(-1)
    assert first.probability == pytest.approx(float(odds[first.id]), abs=1e-6)


@pytest.mark.parametrize(("layers", "heads"), [(6, 6), (8, 4)])
def test_layers_before_the_changed_one_are_not_computed_again(build_tiny, layers, heads):
    config = GPTConfig(context_length=16, width=24, num_layers=layers, num_heads=heads)
    model = build_tiny(config).requires_grad_(False)  # the counter would look for gradients
    tokens = torch.zeros(1, 16, dtype=torch.long)

    def all_heads():
        plain = plain_pass(model, tokens, tokens)
        changed_losses(plain, [silence_head(plain, head) for head in plain.heads])

    def one_pass():
        with torch.inference_mode():
            model(tokens)

    # A pass of its own for each head, and one for the whole model.
    naive_work = (layers * heads + 1) * work(one_pass)
    assert work(all_heads) / naive_work <= MOST_WORK


def work(function):
    with FlopCounterMode(display=False) as counter:
        function()
    return counter.get_total_flops()


def test_rows_that_do_not_fit_into_memory_go_in_turn(plain):
    changes = [silence_head(plain, head) for head in reversed(plain.heads)]
    together = changed_losses(plain, changes)
    in_turn = changed_losses(plain, changes, most_bytes=1)
    torch.testing.assert_close(in_turn, together, atol=ROUNDING, rtol=ROUNDING)


SHAPE = {"context_length": 8, "width": 16, "num_layers": 2, "num_heads": 2}


@pytest.fixture
def model(build_tiny):
    built = build_tiny(GPTConfig(**SHAPE, ngram_order=3, ngram_rows=50)).eval()
    with torch.no_grad():
        built.ngram_embedding.weight.normal_()
    return built


def loss(model, inputs, targets):
    with torch.inference_mode():
        return functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()


def test_each_part_is_worth_what_the_same_model_loses_without_it(model, random_tokens):
    inputs, targets = random_tokens(4), random_tokens(4, seed=1)
    without_table, without_heads = copy.deepcopy(model), copy.deepcopy(model)
    with torch.no_grad():
        without_table.ngram_embedding.weight.zero_()
        for block in without_heads.attention_blocks():
            block.attention.output.weight.zero_()
    before = copy.deepcopy(model.state_dict())
    found = part_losses(model, inputs, targets)
    assert found.whole == pytest.approx(loss(model, inputs, targets))
    assert found.without_table == pytest.approx(loss(without_table, inputs, targets))
    assert found.without_heads == pytest.approx(loss(without_heads, inputs, targets))
    assert len({found.whole, found.without_table, found.without_heads}) == 3
    assert all(torch.equal(before[name], now) for name, now in model.state_dict().items())


def test_of_a_model_without_a_table_there_is_nothing_to_tell(build_tiny, random_tokens):
    plain = build_tiny(GPTConfig(**SHAPE)).eval()
    assert part_losses(plain, random_tokens(2), random_tokens(2)) is None
