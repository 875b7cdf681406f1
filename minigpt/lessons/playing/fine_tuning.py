"""Fine-tuning: a trained model goes on learning from another text, and forgets some of its own.

On a copy, by AdamW with nothing remembered yet, on windows drawn by a seed. The new text has a part
that is learnt from and a rest that is not, so that what is learnt can be told from what is only
remembered. What is forgotten is measured on text that the model was never trained on either.
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Integer
from torch import Tensor
from torch.optim import AdamW

from minigpt.errors import ConfigurationError
from minigpt.lessons.playing.held_out import held_out
from minigpt.lessons.seeded_draws import seeded_generator
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.shapes import TokenStream
from minigpt.tokenizers import Tokenizer
from minigpt.training.batches import Batch, evaluation_batches, random_batch
from minigpt.training.loss import mean_loss, next_token_loss

SHARE = 0.8
"""Of the new text, that is learnt from."""
SHORTEST, LONGEST = 200, 2000
"""Characters of the new text that the model knows."""
BATCH, EVERY = 8, 4
"""Windows in a step, and after how many steps it is measured."""
OWN = 1024
"""Characters of held-out text of its own on which a model is judged."""

Point = tuple[int, float]
"""A step, and the loss there in nats a character."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """What a model reads here, as tokens."""

    learnt: Integer[Tensor, " learnt"]
    """The part of the new text that it learns from."""
    rest: Integer[Tensor, " rest"]
    """The part that it does not."""
    own: Integer[Tensor, " own"]
    """Held-out text such as it was trained on."""
    unread: int
    """Characters of the new text that it does not know; they are left out."""


def split_new_text(tokenizer: Tokenizer, text: str) -> Texts:
    """Cut a new text into what is learnt from and what is not.

    Raises:
        ConfigurationError: too little of it, or too much, can be read.
    """
    text = tokenizer.known_form(text)
    ids = tokenizer.encode_known(text)
    if not SHORTEST <= len(ids) <= LONGEST:
        raise ConfigurationError(
            "This text has {count:,} characters that the model knows; between {least:,} and "
            "{most:,} are needed. Write more, or less.",
            field="text",
            count=len(ids),
            least=SHORTEST,
            most=LONGEST,
        )
    cut = int(SHARE * len(ids))
    return Texts(
        learnt=torch.tensor(ids[:cut]),
        rest=torch.tensor(ids[cut:]),
        own=torch.tensor(tokenizer.encode_known(held_out()[:OWN])),
        unread=len(text) - len(ids),
    )


@dataclass(frozen=True, kw_only=True)
class FinishedTuning:
    """A fine-tuning from its beginning to its end."""

    learnt: tuple[Point, ...]
    """The loss on what was learnt from."""
    rest: tuple[Point, ...]
    """On the rest of the new text."""
    own: tuple[Point, ...]
    """On held-out text such as the model came from."""
    unread: int
    model: LanguageModel
    """As it is at the end."""

    @property
    def gained(self) -> float:
        """By how much the loss on the rest of the new text fell, in nats."""
        return self.rest[0][1] - self.rest[-1][1]

    @property
    def forgotten(self) -> float:
        """By how much the loss on its own text rose, in nats."""
        return self.own[-1][1] - self.own[0][1]


TUNED = Snippet(
    """
import copy
import torch
import minigpt
from minigpt.lessons.playing.held_out import held_out
from minigpt.training.batches import evaluation_batches, random_batch
from minigpt.training.loss import mean_loss, next_token_loss

opened = minigpt.open_model(minigpt.open_run($run))
tokenizer, model = opened.tokenizer, copy.deepcopy(opened.model)
ids = torch.tensor(tokenizer.encode_known(tokenizer.known_form($text)))
cut = int(0.8 * len(ids))
streams = [ids[:cut], ids[cut:], torch.tensor(tokenizer.encode(held_out()[:1024]))]

def losses():
    return [mean_loss(model, evaluation_batches(
        one, context_length=min(model.context_length, len(one) - 1),
        tokens_per_batch=1024, largest=1024)) for one in streams]

chance, optimizer = torch.Generator().manual_seed($seed), torch.optim.AdamW(
    model.parameters(), lr=$rate, weight_decay=0)
curves = [(0, losses())]
for step in range(1, $steps + 1):
    batch = random_batch(streams[0], batch_size=8, generator=chance,
                         context_length=min(model.context_length, cut - 1))
    next_token_loss(model(batch.inputs), batch.targets).backward()
    optimizer.step()
    optimizer.zero_grad()
    if step % 4 == 0 or step == $steps:
        curves.append((step, losses()))
learnt, rest, own = (tuple((step, row[one]) for step, row in curves) for one in range(3))
gained, forgotten = rest[0][1] - rest[-1][1], own[-1][1] - own[0][1]
""",
    ("learnt", "rest", "own", "gained", "forgotten"),
)


@dataclass(frozen=True, kw_only=True)
class StepLosses:
    """The losses after a step."""

    step: int
    learnt: float
    rest: float
    own: float


def fine_tuning(
    model: LanguageModel,
    read: Texts,
    *,
    rate: float,
    steps: int,
    seed: int,
    rehearsed: TokenStream | None = None,
) -> Iterator[tuple[StepLosses, LanguageModel]]:
    """Train a copy of a model, and measure it every few steps; `model` stays as it is.

    Args:
        model: In eval mode; it stays so, since the copy learns without dropout.
        read: The texts.
        rate: AdamW's learning rate.
        steps: How many.
        seed: Of the windows that are drawn.
        rehearsed: What half of each batch is drawn from instead: something that the model shall
            not forget. Its own writing does for that (Robins, "Catastrophic forgetting, rehearsal
            and pseudorehearsal", Connection Science 7, 1995).
    """
    pupil, chance = copy.deepcopy(model).eval(), seeded_generator(seed)
    optimizer = AdamW(pupil.parameters(), lr=rate, weight_decay=0)
    yield _measured(pupil, read, 0), pupil
    streams = [read.learnt] if rehearsed is None else [read.learnt, rehearsed]
    length = min(model.context_length, len(read.learnt) - 1)
    for step in range(1, steps + 1):
        for stream in streams:
            batch = random_batch(
                stream, batch_size=BATCH // len(streams), context_length=length, generator=chance
            )
            with torch.enable_grad():
                loss = next_token_loss(pupil(batch.inputs), batch.targets) / len(streams)
                torch.autograd.backward(loss)
        optimizer.step()
        optimizer.zero_grad()
        if step % EVERY == 0 or step == steps:
            yield _measured(pupil, read, step), pupil


def finish_tuning(found: Sequence[StepLosses], model: LanguageModel, unread: int) -> FinishedTuning:
    """A fine-tuning that has come to its end."""
    return FinishedTuning(
        learnt=tuple((one.step, one.learnt) for one in found),
        rest=tuple((one.step, one.rest) for one in found),
        own=tuple((one.step, one.own) for one in found),
        unread=unread,
        model=model,
    )


def _measured(model: LanguageModel, read: Texts, step: int) -> StepLosses:
    learnt, rest, own = (
        mean_loss(model, _windows(stream, model.context_length))
        for stream in (read.learnt, read.rest, read.own)
    )
    return StepLosses(step=step, learnt=learnt, rest=rest, own=own)


def _windows(stream: TokenStream, longest: int) -> list[Batch]:
    length = min(longest, len(stream) - 1)
    return evaluation_batches(stream, context_length=length, tokens_per_batch=OWN, largest=OWN)
