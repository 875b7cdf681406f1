"""A head with one thing changed, as happens, beside the right one."""

import math
from dataclasses import dataclass

import torch

from minigpt.lessons.one_head import HEAD_SIZE, WIDTH, HeadTable
from minigpt.lessons.seeded_draws import draw_head, seeded_generator
from minigpt.lessons.snippet import Snippet

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
    chance = seeded_generator(SLIP_SEED)
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
