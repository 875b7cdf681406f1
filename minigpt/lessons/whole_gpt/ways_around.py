"""Parts on top of each other, with and without a way around each, and the norm before or after.

Each is a feed-forward part, which is half of a block. At the start of a training, before anything
is learned, one can see already what comes through: the numbers forward, the gradient back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.one_head import BATCH, LENGTH, WIDTH
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.lessons.whole_gpt.many_heads import draw_feed_forward
from minigpt.models.ladder.single_head import Head
from minigpt.models.layers.block import PostNormBlock, PreNormBlock, TransformerBlock
from minigpt.models.layers.feed_forward import FeedForward
from minigpt.models.layers.norms import LayerNorm
from minigpt.shapes import Residual


@dataclass(frozen=True, kw_only=True)
class Gradients:
    """The gradient that arrives at the input of each part, as a root mean square."""

    around: tuple[float, ...]
    """With a way around each part: x + part(x)."""
    through: tuple[float, ...]
    """Without: part(x)."""
    arriving: float
    """Of what arrives at the first part, the share without the way around of that with it."""


GRADIENTS = Snippet(
    """
import torch
from torch import nn

layers = $layers
torch.manual_seed(1337)
x = torch.randn(4, 8, 32)
parts = [
    nn.Sequential(nn.Linear(32, 4 * 32), nn.ReLU(), nn.Linear(4 * 32, 32)) for _ in range(layers)]

def gradients(step):
    inputs = [x.clone().requires_grad_()]
    for part in parts:
        inputs.append(step(inputs[-1], part))
    # The end asks for a gradient of 1 in every number.
    found = torch.autograd.grad(inputs[-1].sum(), inputs[:-1])
    return tuple(one.square().mean().sqrt().item() for one in found)

around = gradients(lambda x, part: x + part(x))
through = gradients(lambda x, part: part(x))
arriving = through[0] / around[0]
""",
    ("around", "through", "arriving"),
)


def gradients(layers: int) -> Gradients:
    """What comes back through so many feed-forward parts when the end asks for 1 everywhere."""
    stream, parts = _parts(layers)
    around = _gradients(stream, [partial(_add, _block(PreNormBlock, part)) for part in parts])
    through = _gradients(stream, parts)
    return Gradients(around=around, through=through, arriving=through[0] / around[0])


@dataclass(frozen=True, kw_only=True)
class BeforeAfter:
    """Size of the stream after each part, and the gradient before it, as root mean squares."""

    pre_sizes: tuple[float, ...]
    post_sizes: tuple[float, ...]
    pre_gradients: tuple[float, ...]
    """Relative to that of the last part, as is the other."""
    post_gradients: tuple[float, ...]
    start: float
    """Of the stream before the first part."""
    added: float
    """Of what the first part adds to it, with the norm before."""
    growth: float
    """How many times as large as at the start the stream is at the end, with the norm before."""


BEFORE_AFTER = Snippet(
    """
import torch
from torch import nn

layers = $layers
torch.manual_seed(1337)
x, direction = torch.randn(4, 8, 32), torch.randn(4, 8, 32)
parts = [
    nn.Sequential(nn.Linear(32, 4 * 32), nn.ReLU(), nn.Linear(4 * 32, 32)) for _ in range(layers)]
norm = nn.LayerNorm(32)

def size(numbers):
    return numbers.square().mean().sqrt().item()

def look(step):
    inputs = [x.clone().requires_grad_()]
    for part in parts:
        inputs.append(step(inputs[-1], part))
    found = [size(one) for one in torch.autograd.grad((inputs[-1] * direction).sum(), inputs[:-1])]
    return tuple(size(one) for one in inputs[1:]), tuple(one / found[-1] for one in found)

pre_sizes, pre_gradients = look(lambda x, part: x + part(norm(x)))
post_sizes, post_gradients = look(lambda x, part: norm(x + part(x)))
start, added = size(x), size(parts[0](norm(x)))
growth = pre_sizes[-1] / start
""",
    ("pre_sizes", "post_sizes", "pre_gradients", "post_gradients", "start", "added", "growth"),
)


def before_after(layers: int) -> BeforeAfter:
    """So many feed-forward parts with ways around, with the norm before and after each."""
    chance = seeded_generator(SEED)
    stream, direction = (torch.randn(BATCH, LENGTH, WIDTH, generator=chance) for _ in range(2))
    parts = [draw_feed_forward(chance) for _ in range(layers)]
    pre, post = (
        [_block(kind, part) for part in parts] for kind in (PreNormBlock, PostNormBlock)
    )  # fmt: skip
    pre_sizes, pre_gradients = _look(stream, direction, pre)
    post_sizes, post_gradients = _look(stream, direction, post)
    first, start = pre[0], _size(stream)
    return BeforeAfter(
        pre_sizes=pre_sizes,
        post_sizes=post_sizes,
        pre_gradients=pre_gradients,
        post_gradients=post_gradients,
        start=start,
        added=_size(first.add_feed_forward(stream) - stream),
        growth=pre_sizes[-1] / start,
    )


def _parts(layers: int) -> tuple[Residual, list[FeedForward]]:
    chance = seeded_generator(SEED)
    stream = torch.randn(BATCH, LENGTH, WIDTH, generator=chance)
    return stream, [draw_feed_forward(chance) for _ in range(layers)]


def _block(kind: type[TransformerBlock], part: FeedForward) -> TransformerBlock:
    # Only its second half is used; a block cannot be without the first.
    return kind(
        attention_norm=LayerNorm(WIDTH),
        attention=Head(width=WIDTH, head_size=WIDTH),
        feed_forward_norm=LayerNorm(WIDTH),
        feed_forward=part,
    )


def _add(block: TransformerBlock, stream: Residual) -> Residual:
    """The part's work on the stream as it is, without a norm, added to it."""
    return block.add_fed(stream, block.feed_forward(stream))


def _stack(stream: Residual, steps: Sequence[Callable[[Residual], Residual]]) -> list[Residual]:
    """The stream before each step, and after the last."""
    seen = [stream.clone().requires_grad_()]
    for step in steps:
        seen.append(step(seen[-1]))
    return seen


def _gradients(
    stream: Residual, steps: Sequence[Callable[[Residual], Residual]]
) -> tuple[float, ...]:
    seen = _stack(stream, steps)
    return tuple(map(_size, torch.autograd.grad(seen[-1].sum(), seen[:-1])))


def _look(
    stream: Residual, direction: Residual, blocks: Sequence[TransformerBlock]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    seen = _stack(stream, [block.add_feed_forward for block in blocks])
    found = [_size(one) for one in torch.autograd.grad((seen[-1] * direction).sum(), seen[:-1])]
    return tuple(map(_size, seen[1:])), tuple(one / found[-1] for one in found)


def _size(numbers: Tensor) -> float:
    """The root mean square."""
    return numbers.square().mean().sqrt().item()
