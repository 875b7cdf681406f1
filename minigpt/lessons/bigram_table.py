"""The simplest model: a table with a row of scores for each token, before and after training."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minigpt.lessons.examples import first_batch
from minigpt.lessons.excerpts import CHARACTERS, SEED, require_few_characters
from minigpt.lessons.seeded_draws import draw_bigram, seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.training.batches import random_batch
from minigpt.training.loss import next_token_loss
from minigpt.training.optimizers.adamw import AdamW

Table = Float[Tensor, "V V"]
DECAY = 0.01
"""What PyTorch's AdamW takes off the weights by itself, as a share of the learning rate."""
WRITTEN = 100
"""Characters of a sample."""


@dataclass(frozen=True, kw_only=True)
class EvenGuess:
    """The surprise of a model that knows nothing."""

    size: int
    loss: float


EVEN = Snippet(
    """
import torch
from torch.nn import functional

logits = torch.zeros(1, $size)  # the same score for every token
loss = functional.cross_entropy(logits, torch.tensor([0])).item()
""",
    ("loss",),
)


def even_guess(size: int) -> EvenGuess:
    """Guessing evenly among so many tokens costs ln V."""
    return EvenGuess(size=size, loss=math.log(size))


@dataclass(frozen=True, kw_only=True)
class UntrainedTable:
    """A table of random scores, and what it is worth."""

    loss: float
    even: float
    shape: tuple[int, ...]
    """Of the logits, examples by tokens."""
    odds: Table
    """Of each token (row), the probabilities of the next (columns)."""
    written: str


UNTRAINED = Snippet(
    """
import string
import torch
from torch import nn
from torch.nn import functional
from minigpt.lessons.examples import first_batch

characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)
batch = first_batch()
torch.manual_seed(1337)
table = nn.Embedding(65, 65)
logits = table(batch.inputs).reshape(-1, 65)
loss = functional.cross_entropy(logits, batch.targets.reshape(-1)).item()
odds = table.weight.detach().softmax(dim=1)
shape = tuple(logits.shape)

ids = [0]
while len(ids) <= 100:
    ids.append(torch.multinomial(odds[ids[-1]], 1).item())
written = "".join(characters[number] for number in ids[1:])
""",
    ("loss", "shape", "odds", "written"),
)


def untrained_table() -> UntrainedTable:
    """The lecture's table at its start, on the lecture's batch."""
    batch = first_batch()
    chance = seeded_generator(SEED)
    model = draw_bigram(chance, size=len(CHARACTERS))
    with torch.inference_mode():
        logits = model(batch.inputs)
        loss = next_token_loss(logits, batch.targets).item()
    odds = model.table.weight.detach().softmax(dim=1)
    return UntrainedTable(
        loss=loss,
        even=math.log(len(CHARACTERS)),
        shape=tuple(logits.flatten(end_dim=1).shape),
        odds=odds,
        written=_written(odds, CHARACTERS, chance),
    )


def _written(odds: Table, characters: Sequence[str], chance: torch.Generator) -> str:
    ids = [0]
    while len(ids) <= WRITTEN:
        ids.append(int(torch.multinomial(odds[ids[-1]], 1, generator=chance)))
    return "".join(characters[number] for number in ids[1:])


@dataclass(frozen=True, kw_only=True)
class OneStep:
    """The four parts of a step of training, as numbers; then the same again and again."""

    losses: tuple[float, ...]
    """Before any step, and after each, on the same batch."""
    gradient: float
    """Its length at the first step."""
    largest: tuple[str, str]
    """The pair of characters whose score has the largest gradient."""
    before: float
    """The score of that pair."""
    after: float
    """The score after the first step."""


ONE_STEP = Snippet(
    """
import string
import torch
from torch import nn
from torch.nn import functional
from minigpt.lessons.examples import first_batch

characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)
torch.manual_seed(1337)
table = nn.Embedding(65, 65)
optimizer = torch.optim.AdamW(table.parameters(), lr=$rate)
losses = []
for step in range($times):
    batch = first_batch()                                                       # 1. batch
    logits = table(batch.inputs)                                                # 2. forward
    loss = functional.cross_entropy(logits.reshape(-1, 65), batch.targets.reshape(-1))
    losses.append(loss.item())
    optimizer.zero_grad()
    loss.backward()                                                             # 3. backward
    if step == 0:
        slopes = table.weight.grad
        gradient = slopes.norm().item()
        row, column = divmod(slopes.abs().argmax().item(), 65)
        largest = (characters[row], characters[column])
        before = table.weight[row, column].item()
    optimizer.step()                                                            # 4. step
    if step == 0:
        after = table.weight[row, column].item()
losses.append(functional.cross_entropy(
    table(batch.inputs).reshape(-1, 65), batch.targets.reshape(-1)).item())
losses = tuple(losses)
""",
    ("losses", "gradient", "largest", "before", "after"),
)


def one_step(times: int, rate: float) -> OneStep:
    """Train on one batch so many times, and watch the first time closely."""
    batch = first_batch()
    model = draw_bigram(seeded_generator(SEED), size=len(CHARACTERS))
    optimizer = AdamW(model.parameters(), weight_decay=DECAY)
    weight, losses, watched = model.table.weight, list[float](), list[float]()
    gradient, place = 0.0, (0, 0)
    for step in range(times):
        loss = next_token_loss(model(batch.inputs), batch.targets)
        losses.append(loss.item())
        model.zero_grad()
        torch.autograd.backward(loss)
        if step == 0:
            slopes = weight.grad if weight.grad is not None else torch.zeros_like(weight)
            gradient = slopes.norm().item()
            place = divmod(int(slopes.abs().argmax()), len(CHARACTERS))
            watched.append(weight[place].item())
        optimizer.step(rate)
        if step == 0:
            watched.append(weight[place].item())
    with torch.inference_mode():
        losses.append(next_token_loss(model(batch.inputs), batch.targets).item())
    return OneStep(
        losses=tuple(losses),
        gradient=gradient,
        largest=(CHARACTERS[place[0]], CHARACTERS[place[1]]),
        before=watched[0],
        after=watched[1],
    )


@dataclass(frozen=True, kw_only=True)
class TrainedTable:
    """A table after some steps of training on a text."""

    losses: tuple[float, ...]
    """Of the batch of each step."""
    even: float
    odds: Table
    characters: tuple[str, ...]
    written: str
    letter: str
    """Whose row is looked at."""

    @property
    def last(self) -> float:
        """The mean loss of the last ten batches: that of a single one trembles."""
        newest = self.losses[-10:]
        return sum(newest) / len(newest)

    def followers(self, character: str, most: int) -> list[tuple[str, float]]:
        """What most probably follows a character, the likeliest first; nothing if it is unknown."""
        if character not in self.characters:
            return []
        found = self.odds[self.characters.index(character)].topk(min(most, len(self.characters)))
        return [
            (self.characters[index], share)
            for share, index in zip(found.values.tolist(), found.indices.tolist(), strict=True)
        ]


TRAINED = Snippet(
    """
import torch
from torch import nn
from torch.nn import functional
from minigpt.corpora import load_corpus

text = load_corpus($corpus).text
characters = tuple(sorted(set(text)))
id_of = {character: number for number, character in enumerate(characters)}
data = torch.tensor([id_of[character] for character in text])
data, size = data[: int(0.9 * len(data))], len(characters)

torch.manual_seed(1337)
table = nn.Embedding(size, size)
optimizer = torch.optim.AdamW(table.parameters(), lr=$rate)
windows = torch.Generator().manual_seed(1337)
losses = []
for step in range($steps):
    starts = torch.randint(len(data) - 8, (32,), generator=windows)
    places = starts[:, None] + torch.arange(8)
    logits = table(data[places]).reshape(-1, size)
    loss = functional.cross_entropy(logits, data[places + 1].reshape(-1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
losses, last = tuple(losses), sum(losses[-10:]) / len(losses[-10:])
odds = table.weight.detach().softmax(dim=1)
""",
    ("losses", "last", "odds", "characters"),
)
BATCH, CONTEXT = 32, 8


def train_table(text: str, steps: int, rate: float, letter: str = "q") -> TrainedTable:
    """Train a table on the first nine tenths of a text, as the lecture does.

    Raises:
        CorpusError: the text has thousands of different characters.
    """
    require_few_characters(len(set(text)))
    tokenizer = CharacterTokenizer.train(text)
    ids = torch.tensor(tokenizer.encode(text))
    training = ids[: int(0.9 * len(ids))]
    chance = seeded_generator(SEED)
    model = draw_bigram(chance, size=tokenizer.vocabulary_size)
    optimizer = AdamW(model.parameters(), weight_decay=DECAY)
    windows = seeded_generator(SEED)
    losses = []
    for _ in range(steps):
        batch = random_batch(training, batch_size=BATCH, context_length=CONTEXT, generator=windows)
        loss = next_token_loss(model(batch.inputs), batch.targets)
        model.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step(rate)
        losses.append(loss.item())
    odds = model.table.weight.detach().softmax(dim=1)
    characters = tuple(tokenizer.vocabulary)
    return TrainedTable(
        losses=tuple(losses),
        even=math.log(len(characters)),
        odds=odds,
        characters=characters,
        written=_written(odds, characters, chance),
        letter=letter,
    )
