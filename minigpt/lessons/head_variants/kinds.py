"""The same head read otherwise: without its mask, from another text, backwards, and in a batch."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.one_head import BATCH, WIDTH, HeadTable, lecture_head
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.single_head import Head

ROUNDING = 1e-4


@dataclass(frozen=True, kw_only=True)
class MaskTaken:
    """A head's weights with its mask and without."""

    decoder: HeadTable
    encoder: HeadTable
    seen_by: int
    """How many tokens the one that is looked at gives a share to, without the mask."""
    token: int
    """Counted from 0."""


MASK_TAKEN = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
future = torch.ones(8, 8, dtype=torch.bool).triu(1)
token = $token

with torch.no_grad():
    scores = query(x) @ key(x).transpose(-2, -1) * 16**-0.5
    decoder = scores.masked_fill(future, float("-inf")).softmax(dim=-1)[0]
    encoder = scores.softmax(dim=-1)[0]
seen_by = (encoder[token] > 0).sum().item()
""",
    ("decoder", "encoder", "seen_by"),
)


def mask_taken(token: int = 0) -> MaskTaken:
    """The lecture's head as a decoder's and as an encoder's, and whom a token then looks at."""
    head, stream = lecture_head()
    with torch.inference_mode():
        queries, keys, _values = head.project_heads(stream)
        scores = head.scores(queries, keys)
        decoder, encoder = head.weights(head.mask(scores))[0, 0], head.weights(scores)[0, 0]
    return MaskTaken(
        decoder=decoder, encoder=encoder, seen_by=int((encoder[token] > 0).sum()), token=token
    )


@dataclass(frozen=True, kw_only=True)
class CrossAttention:
    """The weights of a head whose queries are of one text, and its keys of another."""

    own: HeadTable
    cross: Float[Tensor, "T S"]
    shape: tuple[int, ...]
    """Of `cross`: a row for each token that asks, a column for each of the other text."""
    length: int
    """Of the other text."""


CROSS_ATTENTION = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)[:1]  # one text, of eight tokens
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
other = torch.randn(1, $length, 32)  # another text

with torch.no_grad():
    own = (query(x) @ key(x).transpose(-2, -1) * 16**-0.5).softmax(dim=-1)[0]
    cross = (query(x) @ key(other).transpose(-2, -1) * 16**-0.5).softmax(dim=-1)[0]
shape = tuple(cross.shape)
""",
    ("own", "cross", "shape"),
)


def cross_attention(length: int) -> CrossAttention:
    """The lecture's head looks at its own text, and at another of so many tokens."""
    chance = seeded_generator(SEED)
    head, stream = lecture_head(chance)
    other = torch.randn(1, length, WIDTH, generator=chance)
    with torch.inference_mode():
        queries, keys, _values = head.project_heads(stream[:1])
        asked = head.project_heads(other)[1]
        own = head.weights(head.scores(queries, keys))[0, 0]
        cross = (queries[0, 0] @ asked[0, 0].T * head.scale).softmax(dim=-1)
    return CrossAttention(own=own, cross=cross, shape=tuple(cross.shape), length=length)


@dataclass(frozen=True, kw_only=True)
class ReversedTokens:
    """How much the output of each token changes when all stand in the reverse order."""

    change: Float[Tensor, " T"]
    """The length of the change, token by token, each found again in its new place."""
    largest: float
    length: float
    """Of what a token was brought in the first place, on average."""
    has_mask: bool


BACKWARDS = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)[:1]
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
has_mask = $has_mask

def brought(x):
    scores = query(x) @ key(x).transpose(-2, -1) * 16**-0.5
    if has_mask:
        scores = scores.masked_fill(torch.ones(8, 8, dtype=torch.bool).triu(1), float("-inf"))
    return scores.softmax(dim=-1) @ value(x)

with torch.no_grad():
    again = brought(x.flip(1)).flip(1)  # put back into order
    change = (again - brought(x)).norm(dim=-1)[0]
largest, length = change.max().item(), brought(x).norm(dim=-1).mean().item()
""",
    ("change", "largest", "length"),
)


def reverse_tokens(*, has_mask: bool) -> ReversedTokens:
    """Hand the lecture's head its eight tokens in the reverse order."""
    head, stream = lecture_head()
    there = _brought(head, stream[:1], has_mask=has_mask)
    again = _brought(head, stream[:1].flip(1), has_mask=has_mask).flip(1)
    change = (again - there).norm(dim=-1)[0]
    return ReversedTokens(
        change=change,
        largest=change.max().item(),
        length=there.norm(dim=-1).mean().item(),
        has_mask=has_mask,
    )


@dataclass(frozen=True, kw_only=True)
class TextsApart:
    """How much the outputs of each text of a batch change when all but one are replaced."""

    change: tuple[float, ...]
    """The largest change of a number, text by text."""
    of_kept: float
    kept: int
    """The text that is left as it was, counted from 0."""


TEXTS_APART = Snippet(
    """
import torch
from torch import nn

torch.manual_seed(1337)
x = torch.randn(4, 8, 32)  # a batch of four texts
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
kept = $kept
others = torch.randn(4, 8, 32)
others[kept] = x[kept]  # all texts but this one are replaced

def brought(x):
    scores = query(x) @ key(x).transpose(-2, -1) * 16**-0.5
    scores = scores.masked_fill(torch.ones(8, 8, dtype=torch.bool).triu(1), float("-inf"))
    return scores.softmax(dim=-1) @ value(x)

with torch.no_grad():
    change = tuple((brought(others) - brought(x)).abs().amax(dim=(1, 2)).tolist())
of_kept = change[kept]
""",
    ("change", "of_kept"),
)


def texts_apart(kept: int) -> TextsApart:
    """Replace all texts of the lecture's batch but one."""
    chance = seeded_generator(SEED)
    head, stream = lecture_head(chance)
    others = torch.randn(BATCH, *stream.shape[1:], generator=chance)
    others[kept] = stream[kept]
    difference = _brought(head, others, has_mask=True) - _brought(head, stream, has_mask=True)
    change = tuple(difference.abs().amax(dim=(1, 2)).tolist())
    return TextsApart(change=change, of_kept=change[kept], kept=kept)


def _brought(
    head: Head, stream: Float[Tensor, "B T C"], *, has_mask: bool
) -> Float[Tensor, "B T D"]:
    with torch.inference_mode():
        queries, keys, values = head.project_heads(stream)
        scores = head.scores(queries, keys)
        weights = head.weights(head.mask(scores) if has_mask else scores)
        return head.join_heads(head.mix(weights, values))
