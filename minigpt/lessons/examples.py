"""Contexts and targets: what a model is asked for each window of a text, and what is kept away."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from minigpt.lessons.excerpts import CHARACTERS, SEED, known_stream
from minigpt.lessons.snippet import Snippet
from minigpt.training.batches import random_batch

CONTEXT, ROWS = 8, 4


@dataclass(frozen=True, kw_only=True)
class Examples:
    """All that a window of a text asks: for each beginning of it, what comes next."""

    ids: tuple[int, ...]
    contexts: tuple[tuple[int, ...], ...]
    targets: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many examples there are."""
        return len(self.targets)

    @property
    def known(self) -> int:
        """How many cells of a table of contexts are filled."""
        return sum(map(len, self.contexts))


EXAMPLES = Snippet(
    """
import string

characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)
ids = tuple(characters.index(one) for one in $text if one in characters)[: $length + 1]
contexts = tuple(ids[:end] for end in range(1, len(ids)))
targets = ids[1:]
for context, target in zip(contexts, targets):
    print(list(context), "->", target)
count, known = len(targets), sum(len(context) for context in contexts)
""",
    ("ids", "contexts", "targets", "count", "known"),
)


def examples(text: str, length: int) -> Examples:
    """The examples in the first window of a text of Shakespeare's characters."""
    ids = tuple(CHARACTERS.index(one) for one in text if one in CHARACTERS)[: length + 1]
    return Examples(
        ids=ids,
        contexts=tuple(ids[:end] for end in range(1, len(ids))),
        targets=ids[1:],
    )


@dataclass(frozen=True, kw_only=True)
class FirstBatch:
    """Windows drawn at random, and the same moved on by one."""

    inputs: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    row: int
    """The row that is looked at, counted from 0."""

    @property
    def lines(self) -> int:
        """How many examples the batch holds."""
        return self.targets.numel()


FIRST_BATCH = Snippet(
    """
import torch
from minigpt.lessons.excerpts import known_stream

data = known_stream()  # the training part of tiny Shakespeare, as far as it is needed here
torch.manual_seed(1337)
starts = torch.randint(len(data) - 8, (4,))
inputs = torch.stack([data[start : start + 8] for start in starts])
targets = torch.stack([data[start + 1 : start + 9] for start in starts])
lines = targets.numel()
""",
    ("inputs", "targets", "lines"),
)


def first_batch(row: int = 0) -> FirstBatch:
    """The first batch of the lecture: four windows of tiny Shakespeare."""
    batch = random_batch(
        known_stream(),
        batch_size=ROWS,
        context_length=CONTEXT,
        generator=torch.Generator().manual_seed(SEED),
    )
    return FirstBatch(inputs=batch.inputs, targets=batch.targets, row=row)


@dataclass(frozen=True, kw_only=True)
class ByHeart:
    """Tables that count what follows the last letters, on what they counted and on the rest."""

    orders: tuple[int, ...]
    """How many letters each table looks at."""
    training: tuple[float, ...]
    """Loss in nats a character on the nine tenths that were counted."""
    validation: tuple[float, ...]
    """Loss on the tenth that was kept away."""
    chosen: int
    """The order that is looked at."""

    @property
    def at(self) -> int:
        """The place of the chosen order."""
        return self.orders.index(self.chosen)


BY_HEART = Snippet(
    """
import math
from collections import Counter
from minigpt.corpora import load_corpus

text = load_corpus($corpus).text[:60_000]
cut = len(text) * 9 // 10
size, little = len(set(text)), 0.01  # a little for what was never seen

def loss(part, order):
    pairs = Counter(text[at - order : at + 1] for at in range(order, cut))
    begun = Counter(text[at - order : at] for at in range(order, cut))
    total = 0.0
    for at in range(order, len(part)):
        seen, before = part[at - order : at + 1], part[at - order : at]
        total -= math.log((pairs[seen] + little) / (begun[before] + little * size))
    return total / (len(part) - order)

orders = (0, 1, 2, 3, 4, 5)
training = tuple(loss(text[:cut], order) for order in orders)
validation = tuple(loss(text[cut:], order) for order in orders)
""",
    ("orders", "training", "validation"),
)
ORDERS = (0, 1, 2, 3, 4, 5)
READ = 60_000
LITTLE = 0.01


def by_heart(text: str, chosen: int = 4) -> ByHeart:
    """Count on nine tenths of a text's beginning, and judge there and on the last tenth."""
    read = text[:READ]
    cut = len(read) * 9 // 10
    size = len(set(read))
    training, validation = read[:cut], read[cut:]
    losses = [_losses(training, (training, validation), order, size) for order in ORDERS]
    return ByHeart(
        orders=ORDERS,
        training=tuple(first for first, _ in losses),
        validation=tuple(second for _, second in losses),
        chosen=chosen,
    )


def _losses(counted: str, parts: Sequence[str], order: int, size: int) -> list[float]:
    pairs, begun = _runs(counted, order + 1), _runs(counted[:-1], order)
    found = []
    for part in parts:
        total = sum(
            times * math.log((pairs[run] + LITTLE) / (begun[run[:-1]] + LITTLE * size))
            for run, times in _runs(part, order + 1).items()
        )
        found.append(-total / (len(part) - order))
    return found


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[at : at + length] for at in range(len(text) - length + 1))
