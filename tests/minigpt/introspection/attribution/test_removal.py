import pytest
import torch

from minigpt.introspection.ablation import heads_shape, with_heads
from minigpt.introspection.attribution import removal
from minigpt.introspection.attribution.receipt import parts_of
from minigpt.introspection.attribution.removal import logits_everywhere_without, logits_without
from minigpt.introspection.trace import trace

POSITION = 5
NEAR = {"atol": 1e-4, "rtol": 1e-4}


def by_part(model, tokens, position=POSITION, **bounds):
    seen = trace(model, tokens, keep=removal.NEEDED)
    found = logits_without(model, tokens, seen, position=position, **bounds)
    return dict(zip(parts_of(model), found, strict=True))


def zeroed(model, names, tokens):
    """The logits where parameters are zero."""
    changed = {
        name: torch.zeros_like(value) for name, value in model.named_parameters() if name in names
    }
    return torch.func.functional_call(model, changed, (tokens,))[0, POSITION]


def test_without_a_head_is_what_silencing_it_gives(exact_model, random_tokens):
    tokens, shape = random_tokens(1), heads_shape(exact_model)
    for part, logits in by_part(exact_model, tokens).items():
        if part.kind == "head":
            mask = torch.ones(shape)
            mask[part.layer, part.head] = 0
            with torch.inference_mode():
                expected = with_heads(exact_model, mask)(tokens)[0, POSITION]
            torch.testing.assert_close(logits, expected, **NEAR)


def test_without_another_part_is_what_zeros_in_its_place_give(exact_model, random_tokens):
    tokens = random_tokens(1)
    tied = getattr(exact_model.config, "tied_embeddings", False)
    for part, logits in by_part(exact_model, tokens).items():
        block = f"blocks.{part.layer}"
        names = {
            "token": () if tied else ("token_embedding.weight", "table.weight"),
            "ngrams": ("ngram_embedding.weight",),
            "position": ("position_embedding.weight",),
            "attention_bias": (f"{block}.attention.output.bias",),
            "feed_forward": (
                f"{block}.feed_forward.narrow.weight",
                f"{block}.feed_forward.narrow.bias",
            ),
        }.get(part.kind, ())
        known = {name for name, _ in exact_model.named_parameters()}
        if known & set(names):
            expected = zeroed(exact_model, names, tokens)
            torch.testing.assert_close(logits, expected.detach(), **NEAR)


def test_everywhere_is_what_it_is_at_each_place(exact_model, random_tokens):
    tokens = random_tokens(1)
    seen = trace(exact_model, tokens, keep=removal.NEEDED)
    for part in parts_of(exact_model):
        everywhere = logits_everywhere_without(exact_model, tokens, seen, part)
        for position in (0, tokens.shape[1] - 1):
            (here,) = logits_without(exact_model, tokens, seen, position=position, parts=[part])
            torch.testing.assert_close(everywhere[position], here, **NEAR)


def test_in_turns_is_what_it_is_at_once(exact_model, random_tokens):
    tokens = random_tokens(1)
    at_once = by_part(exact_model, tokens)
    for part, logits in by_part(exact_model, tokens, most_bytes=1).items():
        torch.testing.assert_close(logits, at_once[part], **NEAR)


@pytest.mark.parametrize("position", [0, 7])
def test_any_position_can_be_asked(exact_model, random_tokens, position):
    found = by_part(exact_model, random_tokens(1), position)
    assert all(logits.isfinite().all() for logits in found.values())


def test_some_parts_alone_are_what_they_are_among_all(exact_model, random_tokens):
    tokens = random_tokens(1)
    seen, parts = trace(exact_model, tokens, keep=removal.NEEDED), parts_of(exact_model)
    every = logits_without(exact_model, tokens, seen, position=POSITION)
    some = [
        logits_without(exact_model, tokens, seen, position=POSITION, parts=parts[first : first + 2])
        for first in range(0, len(parts), 2)
    ]
    torch.testing.assert_close(torch.cat(some), every, **NEAR)
