import pytest
import torch

from minigpt.introspection.attribution.receipt import receipt
from minigpt.introspection.attribution.sources import sources
from minigpt.introspection.trace import trace

POSITION = 5


@pytest.fixture(params=[None, 11])
def found(exact_model, random_tokens, request):
    """A receipt and its sources."""
    tokens = random_tokens(1)
    seen = trace(exact_model, tokens)
    taken = receipt(exact_model, tokens, seen, position=POSITION, token=3, against=request.param)
    return taken, sources(exact_model, seen, taken)


def test_over_the_places_they_add_up_to_the_heads_line(found):
    taken, brought = found
    for part, share in zip(taken.parts, taken.shares, strict=True):
        if part.kind == "head":
            total = brought[part.layer, part.head].sum().double()
            torch.testing.assert_close(total, share, atol=1e-4, rtol=1e-4)


def test_heads_that_have_no_line_bring_nothing(found):
    taken, brought = found
    counted = {part.layer for part in taken.parts if part.kind == "head"}
    for layer in set(range(len(brought))) - counted:
        assert not brought[layer].any()


def test_nothing_comes_from_the_future(found):
    _, brought = found
    assert not brought[..., POSITION + 1 :].any()
    assert not len(brought) or brought[..., : POSITION + 1].any()
