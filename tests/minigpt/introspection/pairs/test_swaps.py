from itertools import product

import pytest
import torch

from minigpt.errors import ConfigurationError
from minigpt.introspection.ablation import heads_shape
from minigpt.introspection.pairs.swaps import (
    alternatives,
    head_swap_map,
    longest_swap,
    moved_by_change,
    swap_map,
    swapped_logits,
    text_pair,
)
from minigpt.introspection.trace import trace
from minigpt.models.configs import GPTConfig

ROUNDING = 2e-5
CHANGED = 3


@pytest.fixture
def tokens(random_tokens):
    """Two texts that differ in one token."""
    first = random_tokens(1)
    second = first.clone()
    second[0, CHANGED] = (second[0, CHANGED] + 1) % 24
    return torch.cat([first, second])


def pair_of(model, tokens):
    """The pair; there is none of a model that does not look back so far."""
    with torch.inference_mode():
        first, second = model(tokens)[:, -1]
    if torch.allclose(first, second):
        pytest.skip("its guess does not depend on that token")
    return text_pair(model, tokens)


def naive(model, tokens, state, position):
    """The second text read from the start, with the swap, by the model's own stages."""
    with torch.inference_mode():
        streams = [model.embed(tokens)]
        for block in model.attention_blocks():
            streams.append(block(streams[-1]))
        residual = streams[state][1:].clone()
        residual[0, position] = streams[state][0, position]
        for block in list(model.attention_blocks())[state:]:
            residual = block(residual)
        return model.unembed(residual)[0, -1]


def test_each_swap_gives_what_a_pass_of_its_own_gives(variant_model, tokens):
    pair = pair_of(variant_model, tokens)
    moved = swap_map(pair)
    states, length = moved.shape
    assert (states, length) == (len(list(variant_model.attention_blocks())) + 1, 8)
    for state in range(states):
        for position in range(length):
            logits = naive(variant_model, tokens, state, position)
            expected = float(pair.share_moved(logits[None]))
            tolerance = ROUNDING / abs(pair.differences[0] - pair.differences[1])
            assert float(moved[state, position]) == pytest.approx(expected, abs=tolerance)
            one = swapped_logits(pair, (state, position))
            torch.testing.assert_close(one, logits, atol=ROUNDING, rtol=ROUNDING)


def naive_head(model, tokens, place):
    """The same for what one head brings, joined with all others where it is swapped."""
    layer, head, position = place
    with torch.inference_mode():
        seen = trace(model, tokens).layers
        mixed = seen[layer].mixed[1:].clone()
        mixed[0, head, position] = seen[layer].mixed[0, head, position]
        blocks = list(model.attention_blocks())
        attended = blocks[layer].attention.join_heads(mixed)
        before = seen[layer].residual_before[1:]
        residual = blocks[layer].add_feed_forward(blocks[layer].add_attention(before, attended))
        for block in blocks[layer + 1 :]:
            residual = block(residual)
        return model.unembed(residual)[0, -1]


def test_each_swap_of_a_head_gives_what_a_pass_of_its_own_gives(variant_model, tokens):
    if not heads_shape(variant_model)[0]:
        pytest.skip("has no heads")
    pair = pair_of(variant_model, tokens)
    moved = head_swap_map(pair)
    assert moved.shape == (*heads_shape(variant_model), 8)
    tolerance = ROUNDING / abs(pair.differences[0] - pair.differences[1])
    for place in product(*map(range, moved.shape)):
        logits = naive_head(variant_model, tokens, place)
        expected = float(pair.share_moved(logits[None]))
        assert float(moved[place]) == pytest.approx(expected, abs=tolerance)
    torch.testing.assert_close(swapped_logits(pair, place), logits, atol=ROUNDING, rtol=ROUNDING)
    assert (moved[..., :CHANGED] == 0).all()  # what lies before the change does nothing


def test_what_lies_before_the_change_does_nothing_and_the_end_does_everything(
    variant_model, tokens
):
    moved = swap_map(pair_of(variant_model, tokens))
    assert (moved[:, :CHANGED] == 0).all()
    assert float(moved[-1, -1]) == pytest.approx(1, abs=1e-3)
    assert moved[-1, :-1].abs().max() < 1e-6


def test_the_changed_token_alone_makes_the_whole_difference(build_tiny, tokens):
    config = GPTConfig(context_length=8, width=16, num_layers=2, num_heads=2)
    moved = swap_map(text_pair(build_tiny(config), tokens))
    assert float(moved[0, CHANGED]) == pytest.approx(1, abs=1e-3)
    assert (moved[0].count_nonzero()) == 1


def test_the_answers_are_what_either_text_makes_more_probable(build_tiny, tiny_config, tokens):
    model = build_tiny(tiny_config("gpt"))
    pair = text_pair(model, tokens)
    with torch.inference_mode():
        first, second = model(tokens)[:, -1].softmax(-1)
    gained = first - second
    assert pair.answers == (int(gained.argmax()), int(gained.argmin()))
    assert pair.differences[0] > pair.differences[1]
    torch.testing.assert_close(pair.share_moved(pair.seen.logits[:, -1]), torch.tensor([1.0, 0.0]))


def test_answers_can_be_chosen(build_tiny, tiny_config, tokens):
    model = build_tiny(tiny_config("gpt"))
    pair = text_pair(model, tokens, answers=(4, 7))
    logits = pair.seen.logits[:, -1]
    expected = (logits[:, 4] - logits[:, 7]).tolist()
    assert list(pair.differences) == pytest.approx(expected, abs=1e-6)


def test_two_answers_that_are_one_are_refused(build_tiny, tiny_config, tokens):
    with pytest.raises(ConfigurationError, match="two answers are the same"):
        text_pair(build_tiny(tiny_config("gpt")), tokens, answers=(4, 4))


def test_two_texts_that_are_one_are_refused(build_tiny, tiny_config, tokens):
    with pytest.raises(ConfigurationError, match="the same"):
        text_pair(build_tiny(tiny_config("gpt")), tokens[:1].repeat(2, 1))


def test_texts_that_lead_to_the_same_guess_are_refused(build_tiny, tiny_config, tokens):
    with pytest.raises(ConfigurationError, match="same guess"):
        text_pair(build_tiny(tiny_config("bigram")), tokens)


def test_swaps_that_do_not_fit_into_memory_go_in_turn(variant_model, tokens):
    pair = pair_of(variant_model, tokens)
    together = swap_map(pair)
    tolerance = ROUNDING / abs(pair.differences[0] - pair.differences[1])
    torch.testing.assert_close(swap_map(pair, most_bytes=1), together, atol=tolerance, rtol=0)


def test_the_model_stays_as_it_was(variant_model, tokens):
    with torch.inference_mode():
        before = variant_model(tokens)
        swap_map(pair_of(variant_model, tokens))
        assert torch.equal(variant_model(tokens), before)


def test_alternatives_are_the_models_own_guesses(variant_model, random_tokens):
    tokens = random_tokens(1)
    found = alternatives(variant_model, tokens, most=3)
    with torch.inference_mode():
        logits = variant_model(tokens)[0]
    for position, token in enumerate(tokens[0].tolist()):
        assert token not in found[position]
        if position:
            ranked = logits[position - 1].argsort(descending=True).tolist()
            ranked.remove(token)
            assert found[position].tolist() == ranked[:3]


def test_how_far_a_changed_token_moves_the_guess(variant_model, random_tokens):
    tokens = random_tokens(1)
    instead = (tokens[0] + 1) % 24
    moved = moved_by_change(variant_model, tokens, instead)
    with torch.inference_mode():
        before = variant_model(tokens)[0, -1].softmax(-1)
        for position, found in enumerate(moved.tolist()):
            changed = tokens.clone()
            changed[0, position] = instead[position]
            after = variant_model(changed)[0, -1].softmax(-1)
            assert found == pytest.approx(float((after - before).abs().sum() / 2), abs=1e-5)
            assert 0 <= found <= 1


def test_a_larger_model_is_given_shorter_texts(build_tiny, tiny_config):
    small = build_tiny(tiny_config("gpt"))
    large = build_tiny(GPTConfig(context_length=64, width=128, num_layers=4, num_heads=4))
    assert longest_swap(small, 1e12) == small.context_length
    assert longest_swap(large, 1e9) < longest_swap(large, 4e9)
    assert longest_swap(large, 1.0) == 8
    assert longest_swap(large, 1e9, by_head=True) <= longest_swap(large, 1e9)
    # Its parameters say little of what attention over so long a context costs.
    narrow = build_tiny(GPTConfig(context_length=2048, width=8, num_layers=1, num_heads=1))
    assert longest_swap(narrow, 1e12) == 256


def test_changed_texts_are_read_in_turn_and_scored_at_their_ends_only(
    variant_model, random_tokens, monkeypatch
):
    tokens = random_tokens(1)
    instead = (tokens[0] + 1) % 24
    expected = moved_by_change(variant_model, tokens, instead)
    read, real = [], variant_model.unembed
    monkeypatch.setattr(
        variant_model, "unembed", lambda stream: read.append(stream.shape[:2]) or real(stream)
    )
    found = moved_by_change(variant_model, tokens, instead, most_bytes=1)
    assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-5)
    # All scores of some dozen texts would be gigabytes where there are 50,000 tokens.
    assert read == [(1, 1)] * (1 + len(instead))
