"""Heads side by side, and the part after them, in which each token works on its own."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.one_head import BATCH, LENGTH, WIDTH
from minigpt.lessons.seeded_draws import draw_linear, seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.layers.attention import CausalSelfAttention
from minigpt.models.layers.feed_forward import FeedForward


@dataclass(frozen=True, kw_only=True)
class SeveralHeads:
    """What heads that share a width look at, in the first text of a batch."""

    weights: Float[Tensor, "H T T"]
    shape: tuple[int, ...]
    """Of what they bring together, for the whole batch."""
    parameters: int
    alone: int
    """Parameters of one head that has the width for itself."""
    head_size: int


SEVERAL_HEADS = Snippet(
    """
import torch
from torch import nn

heads = $heads
torch.manual_seed(1337)
x = torch.randn(4, 8, 32)  # B, T, C
query_key_value = nn.Linear(32, 3 * 32, bias=False)  # for all heads at once
output = nn.Linear(32, 32, bias=False)  # joins what they bring
parameters = query_key_value.weight.numel() + output.weight.numel()
head_size = 32 // heads

with torch.no_grad():
    q, k, v = (
        one.view(4, 8, heads, head_size).transpose(1, 2)  # B, H, T, D
        for one in query_key_value(x).chunk(3, dim=-1)
    )
    scores = q @ k.transpose(-2, -1) * head_size**-0.5
    scores = scores.masked_fill(torch.ones(8, 8, dtype=torch.bool).triu(1), float("-inf"))
    weights = scores.softmax(dim=-1)
    joined = output((weights @ v).transpose(1, 2).flatten(2))
shape = tuple(joined.shape)
weights = weights[0]  # of the first text
""",
    ("weights", "shape", "parameters", "head_size"),
)


def several_heads(count: int) -> SeveralHeads:
    """So many heads that share the lecture's width of 32, and read what its head reads."""
    chance = seeded_generator(SEED)
    stream = torch.randn(BATCH, LENGTH, WIDTH, generator=chance)
    attention = draw_attention(chance, heads=count)
    with torch.inference_mode():
        queries, keys, values = attention.project_heads(stream)
        weights = attention.weights(attention.mask(attention.scores(queries, keys)))
        joined = attention.join_heads(attention.mix(weights, values))
    return SeveralHeads(
        weights=weights[0],
        shape=tuple(joined.shape),
        parameters=_parameters(attention),
        alone=_parameters(CausalSelfAttention(width=WIDTH, num_heads=1, bias=False)),
        head_size=attention.head_size,
    )


def draw_attention(chance: torch.Generator, *, heads: int) -> CausalSelfAttention:
    """Heads that share the lecture's width, with the weights that they would get by themselves."""
    attention = CausalSelfAttention(width=WIDTH, num_heads=heads, bias=False)
    draw_linear(chance, attention.query_key_value)
    draw_linear(chance, attention.output)
    return attention


def _parameters(module: nn.Module) -> int:
    return sum(one.numel() for one in module.parameters())


@dataclass(frozen=True, kw_only=True)
class ByItself:
    """How much each token's output changes when one token comes in otherwise."""

    fed: Float[Tensor, " T"]
    """Of the feed-forward part; the length of the change."""
    attended: Float[Tensor, " T"]
    """Of attention."""
    changed: int
    """Tokens whose output of the feed-forward part is another."""
    fed_parameters: int
    attention_parameters: int
    token: int


BY_ITSELF = Snippet(
    """
import torch
from torch import nn

token = $token
torch.manual_seed(1337)
x = torch.randn(4, 8, 32)[:1]  # one text of eight tokens
query_key_value = nn.Linear(32, 3 * 32, bias=False)
output = nn.Linear(32, 32, bias=False)
feed_forward = nn.Sequential(nn.Linear(32, 4 * 32), nn.ReLU(), nn.Linear(4 * 32, 32))
other = x.clone()
other[0, token] = -other[0, token]

def attention(x):  # four heads of eight channels
    q, k, v = (
        one.view(1, 8, 4, 8).transpose(1, 2) for one in query_key_value(x).chunk(3, dim=-1))
    mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return output(mixed.transpose(1, 2).flatten(2))

with torch.no_grad():
    fed = (feed_forward(other) - feed_forward(x)).norm(dim=-1)[0]
    attended = (attention(other) - attention(x)).norm(dim=-1)[0]
changed = (fed > 1e-5).sum().item()
fed_parameters = sum(one.numel() for one in feed_forward.parameters())
attention_parameters = query_key_value.weight.numel() + output.weight.numel()
""",
    ("fed", "attended", "changed", "fed_parameters", "attention_parameters"),
)
HEADS = 4


def by_itself(token: int) -> ByItself:
    """Turn one token's vector round, counted from 0, and see which outputs notice."""
    chance = seeded_generator(SEED)
    stream = torch.randn(BATCH, LENGTH, WIDTH, generator=chance)[:1]
    attention = draw_attention(chance, heads=HEADS)
    feed_forward = draw_feed_forward(chance)
    other = stream.clone()
    other[0, token] = -other[0, token]
    with torch.inference_mode():
        fed = (feed_forward(other) - feed_forward(stream)).norm(dim=-1)[0]
        attended = (attention(other) - attention(stream)).norm(dim=-1)[0]
    return ByItself(
        fed=fed,
        attended=attended,
        changed=int((fed > _ROUNDING).sum()),
        fed_parameters=_parameters(feed_forward),
        attention_parameters=_parameters(attention),
        token=token,
    )


_ROUNDING = 1e-5


def draw_feed_forward(chance: torch.Generator) -> FeedForward:
    """A feed-forward part of the lecture's width, with the weights it would get by itself."""
    part = FeedForward(width=WIDTH, activation="relu")
    for linear in (part.widen, part.narrow):
        draw_linear(chance, linear)
    return part
