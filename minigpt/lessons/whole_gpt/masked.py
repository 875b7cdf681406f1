"""The same head with and without its mask: who notices that a later token is another."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.one_head import lecture_head
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.single_head import Head


@dataclass(frozen=True, kw_only=True)
class OutputChanges:
    """How much the output of each token changes when one token comes in otherwise."""

    unmasked: Float[Tensor, " T"]
    masked: Float[Tensor, " T"]
    everywhere: int
    """Tokens whose output changes without the mask."""
    onwards: int
    """Tokens whose output changes with it."""
    token: int


NOTICED = Snippet(
    """
import torch
from torch import nn

token = $token
torch.manual_seed(1337)
x = torch.randn(4, 8, 32)[:1]  # one text of eight tokens
key, query, value = (nn.Linear(32, 16, bias=False) for _ in range(3))
other = x.clone()
other[0, token] = -other[0, token]

def self_attention(x, is_causal):
    return nn.functional.scaled_dot_product_attention(
        query(x), key(x), value(x), is_causal=is_causal)

def change(is_causal):
    difference = self_attention(other, is_causal) - self_attention(x, is_causal)
    return difference.norm(dim=-1)[0]

with torch.no_grad():
    unmasked, masked = change(False), change(True)
everywhere, onwards = ((one > 1e-5).sum().item() for one in (unmasked, masked))
""",
    ("unmasked", "masked", "everywhere", "onwards"),
)
ROUNDING = 1e-5


def turn_token(token: int) -> OutputChanges:
    """Turn the vector of one token round, counted from 0, before the lecture's head."""
    head, stream = lecture_head()
    stream = stream[:1]
    other = stream.clone()
    other[0, token] = -other[0, token]
    unmasked, masked = (
        (_output(head, other, masked=one) - _output(head, stream, masked=one)).norm(dim=-1)[0]
        for one in (False, True)
    )
    return OutputChanges(
        unmasked=unmasked,
        masked=masked,
        everywhere=int((unmasked > ROUNDING).sum()),
        onwards=int((masked > ROUNDING).sum()),
        token=token,
    )


def _output(head: Head, stream: Float[Tensor, "B T C"], *, masked: bool) -> Float[Tensor, "B T D"]:
    with torch.inference_mode():
        queries, keys, values = head.project_heads(stream)
        scores = head.scores(queries, keys)
        weights = head.weights(head.mask(scores) if masked else scores)
        return head.join_heads(head.mix(weights, values))
