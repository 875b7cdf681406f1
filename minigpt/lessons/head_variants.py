"""A head that is built otherwise: slips shown going wrong, kinds of attention, and likeness."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.one_head import HEAD_SIZE, WIDTH, HeadTable, lecture_head
from minigpt.lessons.seeded import draw_head, seeded
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.single_head import Head

SLIP_SEED = 2024


@dataclass(frozen=True, kw_only=True)
class Slip:
    """The weights of a head with one thing changed, beside the right ones."""

    right: HeadTable
    changed: HeadTable
    kind: str

    @property
    def row_sums(self) -> list[float]:
        """What each token gives away in all."""
        sums: list[float] = self.changed.sum(dim=1).tolist()
        return sums

    @property
    def future(self) -> float:
        """The share of all weights that lies on tokens still to come."""
        return (self.changed.triu(1).sum() / self.changed.sum()).item()


KINDS = ("axis", "no mask", "scale")
SLIP = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(2024)
x = torch.rand(4, 8, 32)
key, query = nn.Linear(32, 16, bias=False), nn.Linear(32, 16, bias=False)
kind = $kind
with torch.no_grad():
    products = query(x) @ key(x).transpose(-2, -1)
    future = torch.ones(8, 8, dtype=torch.bool).triu(1)
    masked = (products * 16**-0.5).masked_fill(future, float("-inf"))
    right = masked.softmax(dim=2)[0]  # over the keys
    if kind == "axis":
        changed = masked.softmax(dim=1)[0]  # over the queries: wrong
    if kind == "no mask":
        changed = (products * 16**-0.5).softmax(dim=2)[0]
    if kind == "scale":
        wider = products * 32**-0.5  # by the model's width, and not by the head's size
        changed = wider.masked_fill(future, float("-inf")).softmax(dim=2)[0]
""",
    ("right", "changed"),
)


def slip(kind: str) -> Slip:
    """A head as in a well-known series of examples, and the same with a slip in it."""
    chance = seeded(SLIP_SEED)
    stream = torch.rand(4, 8, WIDTH, generator=chance)
    head = draw_head(chance, width=WIDTH, head_size=HEAD_SIZE)
    with torch.inference_mode():
        queries, keys, _ = head.project_heads(stream)
        products = head.products(queries, keys)
        scores = head.scale_products(products)
        right = head.weights(head.mask(scores))
        changed = {
            "axis": lambda: head.mask(scores).softmax(dim=-2),
            "no mask": lambda: head.weights(scores),
            "scale": lambda: head.weights(head.mask(products / math.sqrt(WIDTH))),
        }[kind]()
    return Slip(right=right[0, 0], changed=changed[0, 0], kind=kind)


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """How alike two vectors are, by three measures."""

    dot: float
    cosine: float
    scaled: float
    first: tuple[float, float]
    second: tuple[float, float]


LIKENESS = Snippet(
    """
import math
import torch

angle = math.radians($angle)
a = torch.tensor([1.0, 0.0])
b = $length * torch.tensor([math.cos(angle), math.sin(angle)])
dot = (a @ b).item()
cosine = (a @ b / (a.norm() * b.norm())).item()
scaled = (a @ b / math.sqrt(len(a))).item()
""",
    ("dot", "cosine", "scaled"),
)


def likeness(angle: float, length: float) -> Likeness:
    """A vector of length 1 and one at an angle in degrees to it, of another length."""
    turned = math.radians(angle)
    first = torch.tensor([1.0, 0.0])
    second = length * torch.tensor([math.cos(turned), math.sin(turned)])
    head = Head(width=1, head_size=2)
    dot = head.products(first.view(1, 1, 1, 2), second.view(1, 1, 1, 2))
    return Likeness(
        dot=dot.item(),
        cosine=torch.cosine_similarity(first, second, dim=0).item(),
        scaled=head.scale_products(dot).item(),
        first=(first[0].item(), first[1].item()),
        second=(second[0].item(), second[1].item()),
    )


@dataclass(frozen=True, kw_only=True)
class KindsOfAttention:
    """The same head as decoder and as encoder, and between two texts."""

    decoder: HeadTable
    encoder: HeadTable
    cross: Float[Tensor, "T S"]
    swapped: float
    """How much the encoder's outputs change, apart from their order, when its tokens are put into
    the reverse order."""
    swapped_decoder: float
    """The same of the decoder, whose mask knows an order."""
    apart: float
    """How much the first text's output changes when all other texts of the batch do."""


KINDS_OF_ATTENTION = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
other = torch.randn(1, 5, 32)  # another text, of five tokens

def weights(asking, asked, masked):
    scores = query(asking) @ key(asked).transpose(-2, -1) * 16**-0.5
    if masked:
        scores = scores.masked_fill(torch.ones(8, 8, dtype=torch.bool).triu(1), float("-inf"))
    return scores.softmax(dim=-1)

def change(masked):  # what the reverse order changes in the outputs, put back into order
    there = weights(x, x, masked) @ value(x)
    back = (weights(x.flip(1), x.flip(1), masked) @ value(x.flip(1))).flip(1)
    return (there - back).abs().max().item()

with torch.no_grad():
    decoder = weights(x, x, True)[0]
    encoder = weights(x, x, False)[0]
    cross = weights(x[:1], other, False)[0]
    swapped, swapped_decoder = change(False), change(True)
""",
    ("decoder", "encoder", "cross", "swapped", "swapped_decoder"),
)
OTHER_LENGTH = 5


def kinds_of_attention() -> KindsOfAttention:
    """The lecture's head with and without its mask, and looking at another text."""
    chance = seeded(SEED)
    head, stream = lecture_head(chance)
    other = torch.randn(1, OTHER_LENGTH, WIDTH, generator=chance)
    with torch.inference_mode():
        queries, keys, values = head.project_heads(stream)
        scores = head.scores(queries, keys)
        encoder, decoder = head.weights(scores), head.weights(head.mask(scores))
        asked = head.project_heads(other)[1]
        # A row for each token that asks, a column for each of the other text.
        cross = (queries[0, 0] @ asked[0, 0].T * head.scale).softmax(dim=-1)
        plain = head.mix(decoder, values)
        alone = head.mix(decoder[:1], values[:1])
        changes = [_change(head, stream, masked=masked) for masked in (False, True)]
    return KindsOfAttention(
        decoder=decoder[0, 0],
        encoder=encoder[0, 0],
        cross=cross,
        swapped=changes[0],
        swapped_decoder=changes[1],
        apart=(plain[0] - alone[0]).abs().max().item(),
    )


def _change(head: Head, stream: Float[Tensor, "B T C"], *, masked: bool) -> float:
    def outputs(read: Float[Tensor, "B T C"]) -> Tensor:
        queries, keys, values = head.project_heads(read)
        scores = head.scores(queries, keys)
        weights = head.weights(head.mask(scores) if masked else scores)
        return head.join_heads(head.mix(weights, values))

    difference = outputs(stream) - outputs(stream.flip(1)).flip(1)
    return difference.abs().max().item()
