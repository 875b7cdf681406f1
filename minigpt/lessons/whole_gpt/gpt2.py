"""GPT-2's sizes: parameters by part, four models, and what a training of one computes."""

from dataclasses import dataclass, replace

from minigpt.lessons.snippet import Snippet
from minigpt.models.anatomy import PieceKind, anatomy
from minigpt.models.configs import GPTConfig

VOCABULARY = 50257
"""Tokens of GPT-2's byte-pair encoding, with the one that ends a text."""
LARGER = {"medium": (24, 1024, 16), "large": (36, 1280, 20), "xl": (48, 1600, 25)}
"""Layers, width and heads of the larger models (Radford et al. 2019)."""
SIZES = ("small", *LARGER)
TEXT_BYTES, BYTES_PER_TOKEN = 40e9, 4
"""Forty gigabytes of text (Radford et al. 2019); four bytes a token is a rule of thumb."""


def of_size(small: GPTConfig, size: str) -> GPTConfig:
    """The configuration of the model of that size, from the smallest."""
    if size == "small":
        return small
    layers, width, heads = LARGER[size]
    return replace(small, num_layers=layers, width=width, num_heads=heads)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """How many numbers each part of a GPT learns."""

    token: int
    """The table of tokens, which reads and writes."""
    position: int
    attention: int
    feed_forward: int
    norms: int
    total: int


PARTS = Snippet(
    """
import torch
from torch import nn

vocabulary, length, width, layers = $vocabulary, $length, $width, $layers

def count(*modules):
    return sum(one.numel() for module in modules for one in module.parameters())

with torch.device("meta"):  # shapes alone: no number is kept
    token = count(nn.Embedding(vocabulary, width))  # reads tokens, and writes them
    position = count(nn.Embedding(length, width))
    attention = layers * count(nn.Linear(width, 3 * width), nn.Linear(width, width))
    feed_forward = layers * count(nn.Linear(width, 4 * width), nn.Linear(4 * width, width))
    norms = (2 * layers + 1) * count(nn.LayerNorm(width))
total = token + position + attention + feed_forward + norms
""",
    ("token", "position", "attention", "feed_forward", "norms", "total"),
)


def count_parts(config: GPTConfig) -> Parts:
    """Count such a model's parameters, with GPT-2's tokens."""
    pieces = anatomy(config, VOCABULARY).pieces

    def learned(*kinds: PieceKind) -> int:
        return sum(piece.parameters for piece in pieces if piece.kind in kinds)

    return Parts(
        token=learned("token"),
        position=learned("position"),
        attention=learned("attention"),
        feed_forward=learned("feed_forward"),
        norms=learned("attention_norm", "feed_forward_norm", "final_norm"),
        total=config.parameter_count(VOCABULARY),
    )


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The four models, from the smallest on."""

    shapes: tuple[tuple[int, int, int], ...]
    """Layers, width, heads."""
    totals: tuple[int, ...]
    ratio: float
    """How many times the smallest the largest is."""


FOUR = Snippet(
    """
vocabulary, length = $vocabulary, $length
shapes = $shapes  # layers, width, heads

def parameters(layers, width):
    block = 12 * width**2 + 13 * width  # matrices; biases and norms
    return (vocabulary + length) * width + layers * block + 2 * width

totals = tuple(parameters(layers, width) for layers, width, heads in shapes)
ratio = totals[-1] / totals[0]
""",
    ("totals", "ratio"),
)


def count_sizes(small: GPTConfig) -> Sizes:
    """Count the parameters of all four, from the configuration of the smallest."""
    models = [of_size(small, size) for size in SIZES]
    totals = tuple(model.parameter_count(VOCABULARY) for model in models)
    return Sizes(
        shapes=tuple((model.num_layers, model.width, model.num_heads) for model in models),
        totals=totals,
        ratio=totals[-1] / totals[0],
    )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What it takes to read a text once while learning from it."""

    tokens: float
    per_token: float
    """Operations, forward and backward."""
    operations: float
    seconds: float
    speed: float
    """Operations a second."""
    parameters: int


COST = Snippet(
    """
vocabulary, length, width, layers = $vocabulary, $length, $width, $layers
speed = $speed  # operations a second
tokens = 40e9 / 4  # forty gigabytes, four bytes a token
matrices = layers * 12 * width**2 + vocabulary * width
forward = 2 * matrices + layers * 4 * length * width  # multiply and add; attention
per_token = 3.0 * forward  # the way back costs twice the way forward
operations = per_token * tokens
seconds = operations / speed
""",
    ("tokens", "per_token", "operations", "seconds"),
)


def reading_cost(config: GPTConfig, speed: float) -> Cost:
    """Operations and time for GPT-2's text once, on a machine of that many operations a second.

    The way back counts as two ways forward (Kaplan et al. 2020).
    """
    tokens = TEXT_BYTES / BYTES_PER_TOKEN
    per_token = 3.0 * config.forward_flops(VOCABULARY)
    return Cost(
        tokens=tokens,
        per_token=per_token,
        operations=per_token * tokens,
        seconds=per_token * tokens / speed,
        speed=speed,
        parameters=config.parameter_count(VOCABULARY),
    )
