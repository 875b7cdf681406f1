"""Random numbers that are the same whatever else the process draws at the same time.

`torch.manual_seed` is for the whole process, in which many visitors are served at once. A generator
of one's own gives the same numbers as a notebook that begins with that seed.
"""

import math

import torch
from torch import nn

from minigpt.models.configs import BigramConfig
from minigpt.models.ladder.bigram import Bigram
from minigpt.models.ladder.single_head import Head


def seeded_generator(seed: int) -> torch.Generator:
    """What draws the numbers that follow `torch.manual_seed(seed)`."""
    return torch.Generator().manual_seed(seed)


def draw_head(chance: torch.Generator, *, width: int, head_size: int) -> Head:
    """A head with the weights that its linear maps would get by themselves: key, query, value."""
    head = Head(width=width, head_size=head_size)
    for linear in (head.key, head.query, head.value):
        draw_linear(chance, linear)
    return head


def draw_linear(chance: torch.Generator, linear: nn.Linear) -> None:
    """Give a linear map the weights, and the bias if it has one, that it would get by itself."""
    nn.init.kaiming_uniform_(linear.weight, a=math.sqrt(5), generator=chance)
    if linear.bias is not None:
        reach = 1 / math.sqrt(linear.in_features)
        nn.init.uniform_(linear.bias, -reach, reach, generator=chance)


def draw_bigram(chance: torch.Generator, *, size: int) -> Bigram:
    """A table with the scores that it would get by itself."""
    model = Bigram(BigramConfig(), vocabulary_size=size)
    nn.init.normal_(model.table.weight, generator=chance)
    return model
