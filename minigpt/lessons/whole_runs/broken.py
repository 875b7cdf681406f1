"""Short trainings of a small GPT that is sound, or has a fault; all else is the same.

Each takes about a second on one core, and can be watched while it goes on.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int, UInt32
from torch import Tensor
from torch.nn import functional

from minigpt.lessons.excerpts import SEED, require_few_characters
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.lessons.whole_runs.rungs import drawing_by_seed
from minigpt.lessons.whole_runs.small_gpt import CONTEXT, SmallGPT

STEPS, EVERY, BATCH, RATE = 150, 15, 16, 3e-3
JUDGED, WRITTEN = 2048, 160
Curve = tuple[tuple[int | float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What one training does otherwise than a sound one."""

    rate: float = RATE
    mask: bool = True
    around: bool = True
    positions: bool = True
    layers: int = 1
    sentences: int = 0
    """How many lines of the text it learns from; 0 means all of them."""
    steps: int = STEPS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a training. Losses are in nats per token."""

    validation: Curve
    training: Curve
    """On what it learns from, at the same steps."""
    honest: float
    """The loss at the end where the model is shown only what comes before what it has to guess."""
    broke_at: int | None
    """The step at which the loss was no longer a number."""
    written: str
    """What it writes in the end."""
    frequency_loss: float
    """The validation loss of who knows only how often each character occurs."""
    vocabulary: int
    learning_tokens: int
    tokens_seen: int
    parameters: int

    @property
    def even(self) -> float:
        """The loss of guessing evenly."""
        return math.log(self.vocabulary)

    @property
    def last(self) -> float:
        """The validation loss at the end."""
        return self.validation[-1][1]

    @property
    def best(self) -> tuple[int | float, float]:
        """The step at which the validation loss was lowest, and the loss."""
        return min(self.validation, key=lambda point: point[1])


@dataclass(frozen=True, kw_only=True)
class FaultyAndSound:
    """A faulty training beside a sound one."""

    sound: Outcome
    faulty: Outcome
    recipe: Recipe
    """Of the faulty one."""

    @property
    def validation(self) -> Curve:
        """Of the faulty one."""
        return self.faulty.validation

    @property
    def training(self) -> Curve:
        """Of the faulty one."""
        return self.faulty.training

    @property
    def nearest(self) -> str:
        """Near whose loss the faulty one ends: the sound one's, or one of the two marks."""
        marks = {
            SOUND: self.sound.last, COUNTING: self.faulty.frequency_loss, EVEN: self.faulty.even,
        }  # fmt: skip
        return min(marks, key=lambda name: abs(marks[name] - self.faulty.last))


SOUND, COUNTING, EVEN = "sound", "counting", "even"


def train_beside(recipe: Recipe, text: str, validation: str) -> FaultyAndSound:
    """Train by a recipe, and as it should be with as many layers."""
    sound, faulty = (train_to_end(one, text, validation) for one in (sound_of(recipe), recipe))
    return FaultyAndSound(sound=sound, faulty=faulty, recipe=recipe)


def sound_of(recipe: Recipe) -> Recipe:
    """A recipe without the fault."""
    return Recipe(layers=recipe.layers, steps=recipe.steps)


TRAINED = Snippet(
    """
import torch
from minigpt.corpora import load_corpus
from minigpt.lessons.whole_runs.small_gpt import SmallGPT
from torch.nn.functional import cross_entropy

corpus = load_corpus($corpus)
number = {character: id for id, character in enumerate(sorted(set(corpus.text)))}
text, held = corpus.training_text, corpus.validation_text
if $sentences:  # only so many lines of it
    text = "\\n".join(text.splitlines()[:$sentences]) + "\\n"
ids = torch.tensor([number[character] for character in text])
held = torch.tensor([number[character] for character in held])[:2048 + 1]

torch.manual_seed($seed)
model = SmallGPT(len(number), layers=$layers, mask=$mask, around=$around, positions=$positions)
optimizer = torch.optim.AdamW(model.parameters(), lr=$rate)
chance = torch.Generator().manual_seed($seed)

def loss(windows):
    scores = model(windows[:, :-1])
    return cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())

@torch.no_grad()
def judge(ids):
    starts = torch.arange(0, min(len(ids), 2049) - 16, 16)
    return loss(ids[starts[:, None] + torch.arange(17)]).item()

validation, training = [(0, judge(held))], [(0, judge(ids))]
for step in range(1, $steps + 1):
    starts = torch.randint(len(ids) - 16, (16,), generator=chance)
    batch = loss(ids[starts[:, None] + torch.arange(17)])
    optimizer.zero_grad()
    batch.backward()
    optimizer.step()
    if step % 15 == 0:
        validation.append((step, judge(held)))
        training.append((step, judge(ids)))

validation, training = tuple(validation), tuple(training)
""",
    ("validation", "training"),
)


def code_of(recipe: Recipe, corpus: str) -> str:
    """The lines of a notebook that give the same curves."""
    return TRAINED.filled(
        corpus=corpus, seed=SEED, rate=recipe.rate, mask=recipe.mask, around=recipe.around,
        positions=recipe.positions, layers=recipe.layers, sentences=recipe.sentences,
        steps=recipe.steps,
    )  # fmt: skip


def train_to_end(recipe: Recipe, text: str, validation: str) -> Outcome:
    """Train a model by a recipe to its end; the arguments are those of `train_stepwise`."""
    *_, outcome = train_stepwise(recipe, text, validation)
    assert isinstance(outcome, Outcome)  # it comes last
    return outcome


def train_stepwise(recipe: Recipe, text: str, validation: str) -> Iterator[float | Outcome]:
    """Train a model by a recipe, and judge it on the way.

    Yields how far it is, from 0 to 1, at every judgement, and in the end what came of it.

    Args:
        recipe: What is done otherwise than in a sound training.
        text: What may be learnt from.
        validation: What it is judged by.

    Raises:
        CorpusError: they have thousands of different characters.
    """
    characters, (ids, held) = _read(recipe, text, validation)
    with drawing_by_seed(SEED):
        model = SmallGPT(
            len(characters), layers=recipe.layers, mask=recipe.mask, around=recipe.around,
            positions=recipe.positions,
        )  # fmt: skip
    judged: list[tuple[int, float, float]] = []
    for one in _train(model, recipe, ids, held[: JUDGED + 1]):
        judged.append(one)
        yield one[0] / recipe.steps
    broke_at = next((step for step, loss, _ in judged if not math.isfinite(loss)), None)
    yield Outcome(
        validation=tuple((step, loss) for step, loss, _ in judged if math.isfinite(loss)),
        training=tuple((step, loss) for step, _, loss in judged if math.isfinite(loss)),
        honest=_honest(model, held),
        broke_at=broke_at,
        written=_write(model, characters),
        frequency_loss=_frequency_loss(ids, held, len(characters)),
        vocabulary=len(characters),
        learning_tokens=len(ids),
        tokens_seen=recipe.steps * BATCH * CONTEXT,
        parameters=sum(one.numel() for one in model.parameters()),
    )


Ids = Int[Tensor, " tokens"]
HeldIds = Int[Tensor, " held"]


def _read(recipe: Recipe, text: str, validation: str) -> tuple[str, tuple[Ids, HeldIds]]:
    """The characters of a text in their order, and both parts of it as places in that order."""
    points = [_code_points(text), _code_points(validation)]
    # A table from every code point to its place: a text of millions is read in a few milliseconds.
    places = np.zeros(1 + max(int(part.max(initial=0)) for part in points), dtype=np.int64)
    for part in points:
        places[part] = 1
    known = np.flatnonzero(places)
    require_few_characters(len(known))
    places[known] = np.arange(len(known))
    if recipe.sentences:
        few = "".join(text.splitlines(keepends=True)[: recipe.sentences])
        points[0] = _code_points(few)
    ids, held = (torch.from_numpy(places[part]) for part in points)
    return "".join(map(chr, known)), (ids, held)


def _code_points(text: str) -> UInt32[np.ndarray, " characters"]:
    return np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype="<u4")


def _train(
    model: SmallGPT, recipe: Recipe, ids: Ids, held: HeldIds
) -> Iterator[tuple[int, float, float]]:
    """Every few steps the step, the loss on the held part, and that on what it learns from."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate)
    chance = seeded_generator(SEED)
    yield 0, _judge(model, held), _judge(model, ids)
    for step in range(1, recipe.steps + 1):
        starts = torch.randint(len(ids) - CONTEXT, (BATCH,), generator=chance)
        loss = _loss(model, _windows(ids, starts))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        if step % EVERY == 0:
            judged = _judge(model, held)
            yield step, judged, _judge(model, ids)
            if not math.isfinite(judged):
                break


def _windows(ids: Ids, starts: Tensor) -> Tensor:
    return ids[starts[:, None] + torch.arange(CONTEXT + 1)]


def _loss(model: SmallGPT, windows: Tensor) -> Tensor:
    scores = model(windows[:, :-1])
    return functional.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())


def _judge(model: SmallGPT, ids: Ids) -> float:
    starts = torch.arange(0, min(len(ids), JUDGED + 1) - CONTEXT, CONTEXT)
    with torch.no_grad():
        return _loss(model, _windows(ids, starts)).item()


def _honest(model: SmallGPT, held: Ids) -> float:
    """The loss at the last place of every window, after which there is nothing to see."""
    starts = torch.arange(0, min(len(held), JUDGED + 1) - CONTEXT, 4)
    windows = _windows(held, starts)
    with torch.no_grad():
        scores = model(windows[:, :-1])[:, -1]
        return functional.cross_entropy(scores, windows[:, -1]).item()


def _write(model: SmallGPT, characters: str) -> str:
    chance, ids = seeded_generator(SEED), [max(0, characters.find("\n"))]
    for _ in range(WRITTEN):
        with torch.no_grad():
            scores = model(torch.tensor([ids[-CONTEXT:]]))[0, -1]
        odds = torch.nan_to_num(scores, nan=0.0, posinf=0.0, neginf=0.0).softmax(-1)
        ids.append(int(torch.multinomial(odds, 1, generator=chance)))
    return "".join(characters[one] for one in ids[1:])


def _frequency_loss(ids: Ids, held: HeldIds, size: int) -> float:
    # One more of each, or a character that only the other part has would cost infinitely much.
    counts = torch.bincount(ids, minlength=size).double() + 1
    return -(counts / counts.sum()).log()[held].mean().item()
