"""Averages over the past: a triangle of numbers does in one product what loops do one by one."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.averaging import EqualAttention


@dataclass(frozen=True, kw_only=True)
class SmallProduct:
    """A triangle of shares times a small table."""

    a: Float[Tensor, "T T"]
    b: Float[Tensor, "T C"]
    c: Float[Tensor, "T C"]


SMALL_PRODUCT = Snippet(
    """
import torch

torch.manual_seed($seed)
a = torch.tril(torch.ones(3, 3))
a = a / a.sum(dim=1, keepdim=True)
b = torch.randint(0, 10, (3, 2)).float()
c = a @ b
""",
    ("a", "b", "c"),
)
SMALL_SEED = 42


def averaging_weights(length: int) -> Float[Tensor, "T T"]:
    """What the rung that averages gives to each of its past."""
    attention = EqualAttention(width=1)
    queries, keys, _ = attention.project_heads(torch.zeros(1, length, 1))
    weights: Tensor = attention.weights(attention.mask(attention.scores(queries, keys)))
    return weights[0, 0]


def small_product(seed: int = SMALL_SEED) -> SmallProduct:
    """The lecture's three rows of two numbers, averaged."""
    vectors = torch.randint(0, 10, (3, 2), generator=seeded_generator(seed)).float()
    averaged = EqualAttention(width=2)(vectors[None])[0]
    return SmallProduct(a=averaging_weights(3), b=vectors, c=averaged)


@dataclass(frozen=True, kw_only=True)
class ThreeWays:
    """The same averages by loops, by a product and by a softmax."""

    by_loop: Float[Tensor, "B T C"]
    by_product: Float[Tensor, "B T C"]
    by_softmax: Float[Tensor, "B T C"]
    close: bool
    """What PyTorch's comparison says of the loops and the product."""
    difference: float
    """Of the pair of numbers that is furthest beyond what is allowed, or nearest to it."""
    allowed: float
    """The difference that the comparison allows for that pair."""
    number: float
    """The second of the pair, the product's."""


THREE_WAYS = Snippet(
    """
import torch

torch.manual_seed(1337)
x = torch.randn(4, 8, 2)  # B, T, C

by_loop = torch.zeros(4, 8, 2)
for row in range(4):
    for time in range(8):
        by_loop[row, time] = x[row, : time + 1].mean(dim=0)

triangle = torch.tril(torch.ones(8, 8))
by_product = (triangle / triangle.sum(dim=1, keepdim=True)) @ x

scores = torch.zeros(8, 8).masked_fill(triangle == 0, float("-inf"))
by_softmax = scores.softmax(dim=1) @ x

rtol, atol = $relative, $absolute  # left alone: 1e-05 and 1e-08
close = torch.allclose(by_loop, by_product, rtol=rtol, atol=atol)

# What it asks of each pair of numbers: is their difference at most atol + rtol * |second|?
apart = (by_loop - by_product).abs().flatten()
limit = (atol + rtol * by_product.abs()).flatten()
worst = (apart - limit).argmax()
difference, allowed = apart[worst].item(), limit[worst].item()
number = by_product.flatten()[worst].item()
""",
    ("by_loop", "by_product", "by_softmax", "close", "difference", "allowed", "number"),
)
RELATIVE, ABSOLUTE = 1e-5, 1e-8
"""What `torch.allclose` allows where nothing else is said."""


def three_ways(relative: float = RELATIVE, absolute: float = ABSOLUTE) -> ThreeWays:
    """The lecture's averages, B, T, C = 4, 8, 2, by three ways, the first two compared.

    Args:
        relative: The difference that is allowed, against the size of the number.
        absolute: What is allowed on top of that, whatever the size.
    """
    vectors = torch.randn(4, 8, 2, generator=seeded_generator(SEED))
    by_loop = torch.stack([
        torch.stack([row[: time + 1].mean(dim=0) for time in range(8)]) for row in vectors
    ])  # fmt: skip
    counted = torch.ones(8, 8).tril()
    by_product = counted / counted.sum(dim=1, keepdim=True) @ vectors
    by_softmax = averaging_weights(8) @ vectors
    apart = (by_loop - by_product).abs().flatten()
    limit = (absolute + relative * by_product.abs()).flatten()
    worst = (apart - limit).argmax()
    return ThreeWays(
        by_loop=by_loop,
        by_product=by_product,
        by_softmax=by_softmax,
        close=torch.allclose(by_loop, by_product, rtol=relative, atol=absolute),
        difference=apart[worst].item(),
        allowed=limit[worst].item(),
        number=by_product.flatten()[worst].item(),
    )


@dataclass(frozen=True, kw_only=True)
class LostOrder:
    """What is left of a text, and of the same text in another order, after averaging."""

    text: str
    shuffled: str
    average: Float[Tensor, " C"]
    """Of the vectors of all characters, at the last place."""
    average_shuffled: Float[Tensor, " C"]
    weights: Float[Tensor, "T T"]


LOST_ORDER = Snippet(
    """
import torch

text = $text
torch.manual_seed(1337)
vectors = {character: torch.randn(4) for character in sorted(set(text))}
shuffled = "".join(text[place] for place in torch.randperm(len(text)).tolist())

average = torch.stack([vectors[character] for character in text]).mean(dim=0)
average_shuffled = torch.stack([vectors[character] for character in shuffled]).mean(dim=0)
""",
    ("shuffled", "average", "average_shuffled"),
)


def lost_order(text: str) -> LostOrder:
    """Average the vectors of a text's characters as they stand, and shuffled."""
    chance = seeded_generator(SEED)
    vectors = {one: torch.randn(4, generator=chance) for one in sorted(set(text))}
    order = torch.randperm(len(text), generator=chance).tolist()
    shuffled = "".join(text[place] for place in order)
    attention = EqualAttention(width=4)

    def last(characters: str) -> Float[Tensor, " C"]:
        stream = torch.stack([vectors[character] for character in characters])
        averaged: Tensor = attention(stream[None])[0, -1]
        return averaged

    return LostOrder(
        text=text,
        shuffled=shuffled,
        average=last(text),
        average_shuffled=last(shuffled),
        weights=averaging_weights(len(text)),
    )
