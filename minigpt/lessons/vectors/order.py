"""What attention brings to the last token when all before it stand the other way round."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.excerpts import SEED
from minigpt.lessons.one_head import LENGTH, WIDTH
from minigpt.lessons.seeded_draws import draw_head, seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.ladder.single_head import Head
from minigpt.models.layers.embeddings import RotaryPositions, sinusoidal_positions

KINDS = ("none", "learned", "waves", "rotary")


@dataclass(frozen=True, kw_only=True)
class TurnedRound:
    """By how much the last token's vector changes, against its length, by kind of positions."""

    change: Float[Tensor, " kinds"]
    """In the order of `kinds`."""
    layers: int
    kinds: tuple[str, ...] = KINDS


TURNED_ROUND = Snippet(
    """
import torch
from torch import nn
from minigpt.models.layers.embeddings import RotaryPositions, sinusoidal_positions

layers = $layers
torch.manual_seed(1337)
tokens = torch.randn(8, 32)  # eight tokens
learned = torch.randn(8, 32)
heads = [[nn.Linear(32, 32, bias=False) for _ in range(3)] for _ in range(2)]
rotary, future = RotaryPositions(8, 32), torch.ones(8, 8, dtype=torch.bool).triu(1)
added = {"learned": learned, "waves": sinusoidal_positions(8, 32)}

def last(order, kind):
    x = tokens[order] + added.get(kind, 0)
    for key, query, value in heads[:layers]:
        k, q, v = key(x), query(x), value(x)
        if kind == "rotary":
            k, q = (rotary(one[None, None])[0, 0] for one in (k, q))  # one text, one head
        scores = (q @ k.T * 32**-0.5).masked_fill(future, float("-inf"))
        x = x + scores.softmax(dim=-1) @ v
    return x[-1]

there, back = list(range(8)), [*range(6, -1, -1), 7]  # all but the last the other way round
with torch.no_grad():
    change = torch.stack([
        (last(back, kind) - last(there, kind)).norm() / last(there, kind).norm()
        for kind in ("none", "learned", "waves", "rotary")])
""",
    ("layers", "change"),
)


def turned_round(layers: int) -> TurnedRound:
    """Turn the order of seven tokens round, with one layer or two of one head each."""
    chance = seeded_generator(SEED)
    tokens = torch.randn(LENGTH, WIDTH, generator=chance)
    learned = torch.randn(LENGTH, WIDTH, generator=chance)
    heads = [draw_head(chance, width=WIDTH, head_size=WIDTH) for _ in range(2)][:layers]
    added = {
        "none": torch.zeros(LENGTH, WIDTH),
        "learned": learned,
        "waves": sinusoidal_positions(LENGTH, WIDTH),
        "rotary": torch.zeros(LENGTH, WIDTH),
    }
    back = [*range(LENGTH - 2, -1, -1), LENGTH - 1]
    changes = []
    with torch.inference_mode():
        for kind in KINDS:
            turn = RotaryPositions(LENGTH, WIDTH) if kind == "rotary" else None
            there = _last(tokens + added[kind], heads, turn)
            turned = _last(tokens[back] + added[kind], heads, turn)
            changes.append((turned - there).norm() / there.norm())
    return TurnedRound(change=torch.stack(changes), layers=layers)


def _last(
    stream: Float[Tensor, "T C"], heads: list[Head], turn: RotaryPositions | None
) -> Float[Tensor, " C"]:
    """The last token's vector after some layers of one head, each adding to the stream."""
    x = stream[None]
    for head in heads:
        queries, keys, values = head.project_heads(x)
        if turn is not None:
            queries, keys = turn(queries), turn(keys)
        weights = head.weights(head.mask(head.scores(queries, keys)))
        x = x + head.join_heads(head.mix(weights, values))
    last: Tensor = x[0, -1]
    return last
