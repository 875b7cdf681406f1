"""One attention head, stage by stage, on the numbers of a well-known lecture."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.seeded_draws import draw_head, seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.averaging import EqualAttention
from minigpt.models.ladder.single_head import Head

WIDTH, HEAD_SIZE, LENGTH, BATCH = 32, 16, 8, 4
HeadTable = Float[Tensor, "T T"]


@dataclass(frozen=True, kw_only=True)
class Stages:
    """What a head computes for the first text of a batch, without scaling."""

    x: Float[Tensor, "T C"]
    q: Float[Tensor, "T D"]
    k: Float[Tensor, "T D"]
    v: Float[Tensor, "T D"]
    scores: HeadTable
    masked: HeadTable
    weights: HeadTable
    out: Float[Tensor, "T D"]
    shape: tuple[int, ...]
    """Of the output for the whole batch."""
    parameters: int
    token: int
    """The one that is looked at, counted from 0."""


STAGES = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)  # B, T, C
key = nn.Linear(32, 16, bias=False)
query = nn.Linear(32, 16, bias=False)
value = nn.Linear(32, 16, bias=False)
parameters = sum(one.weight.numel() for one in (key, query, value))

with torch.no_grad():
    q, k, v = query(x), key(x), value(x)
    scores = q @ k.transpose(-2, -1)  # here without the factor 1 / sqrt(16)
    future = torch.ones(8, 8, dtype=torch.bool).triu(1)
    masked = scores.masked_fill(future, float("-inf"))
    weights = masked.softmax(dim=-1)
    out = weights @ v
shape = tuple(out.shape)
x, q, k, v, scores, masked, weights, out = (
    whole[0] for whole in (x, q, k, v, scores, masked, weights, out))  # the first text
""",
    ("parameters", "shape", "x", "q", "k", "v", "scores", "masked", "weights", "out"),
)


def lecture_head(
    chance: torch.Generator | None = None,
) -> tuple[Head, Float[Tensor, "B T C"]]:
    """The lecture's head and what it reads; `chance` then goes on as the lecture does."""
    chance = chance or seeded_generator(SEED)
    stream = torch.randn(BATCH, LENGTH, WIDTH, generator=chance)
    return draw_head(chance, width=WIDTH, head_size=HEAD_SIZE), stream


def head_stages(token: int = 0) -> Stages:
    """Every stage of the lecture's head, of which one token's is looked at."""
    head, stream = lecture_head()
    with torch.inference_mode():
        queries, keys, values = head.project_heads(stream)
        scores = head.products(queries, keys)
        masked = head.mask(scores)
        weights = head.weights(masked)
        out = head.join_heads(head.mix(weights, values))
    return Stages(
        x=stream[0],
        q=queries[0, 0],
        k=keys[0, 0],
        v=values[0, 0],
        scores=scores[0, 0],
        masked=masked[0, 0],
        weights=weights[0, 0],
        out=out[0],
        shape=tuple(out.shape),
        parameters=sum(one.numel() for one in head.parameters()),
        token=token,
    )


@dataclass(frozen=True, kw_only=True)
class Variances:
    """How widely queries, keys and scores are spread."""

    k_var: float
    q_var: float
    unscaled: float
    scaled: float
    size: int


VARIANCES = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
torch.randn(4, 8, 32), [nn.Linear(32, 16, bias=False) for _ in range(3)]  # drawn before, as there
k, q = torch.randn(4, 8, $size), torch.randn(4, 8, $size)
products = q @ k.transpose(-2, -1)
k_var, q_var = k.var().item(), q.var().item()
unscaled, scaled = products.var().item(), (products * $size**-0.5).var().item()
""",
    ("k_var", "q_var", "unscaled", "scaled"),
)


def score_variances(size: int) -> Variances:
    """Queries and keys of so many random numbers, and the variance of their products."""
    chance = seeded_generator(SEED)
    lecture_head(chance)  # draws what the lecture has drawn by then
    keys = torch.randn(BATCH, LENGTH, size, generator=chance)
    queries = torch.randn(BATCH, LENGTH, size, generator=chance)
    head = Head(width=1, head_size=size)
    products = head.products(queries[:, None], keys[:, None])
    scaled = head.scale_products(products)
    return Variances(
        k_var=keys.var().item(),
        q_var=queries.var().item(),
        unscaled=products.var().item(),
        scaled=scaled.var().item(),
        size=size,
    )


@dataclass(frozen=True, kw_only=True)
class SharpenedScores:
    """The softmax of five scores, and of the same made larger."""

    scores: Float[Tensor, " keys"]
    plain: Float[Tensor, " keys"]
    sharp: Float[Tensor, " keys"]
    factor: float


SHARPENED = Snippet(
    """
import torch

scores = torch.tensor([0.1, -0.2, 0.3, -0.2, 0.5])
plain = scores.softmax(dim=-1)
sharp = ($factor * scores).softmax(dim=-1)
""",
    ("scores", "plain", "sharp"),
)
SCORES = (0.1, -0.2, 0.3, -0.2, 0.5)


def sharpen_scores(factor: float) -> SharpenedScores:
    """The lecture's five scores, multiplied by a factor before the softmax."""
    scores = torch.tensor(SCORES)
    attention = EqualAttention(width=2)

    def shares(sharpness: float) -> Float[Tensor, " keys"]:
        found: Tensor = attention.weights(sharpness * scores.expand(1, 1, 5, 5))[0, 0, 0]
        return found

    return SharpenedScores(scores=scores, plain=shares(1.0), sharp=shares(factor), factor=factor)
