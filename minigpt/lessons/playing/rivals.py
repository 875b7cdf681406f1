"""What models and counts would have guessed, letter by letter, and what each letter cost them.

Who has odds guesses in the order of the odds. So a model's numbers of guesses can be set beside a
person's, and its bits beside both: minus the logarithm of the odds of the letter that came.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Integer
from torch import Tensor

from minigpt.corpora.counted_odds import odds_after
from minigpt.lessons.playing.guesses import ValueWithError, at_least, at_most, jackknife_bound
from minigpt.lessons.playing.held_out import (
    BEFORE,
    LETTERS,
    column_of,
    fold_capitals,
    held_out,
    join_capitals,
    passage_starts,
    symbols,
)
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.tokenizers import Tokenizer

LONGEST_RUN, READ = 6, 3000
"""Letters in the longest run that is counted, and those that are foretold in a row."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """How some letters went for who has odds."""

    ranks: tuple[int, ...]
    """At which guess each letter would have been found."""
    bits: tuple[float, ...]
    """What each letter cost."""


@dataclass(frozen=True, kw_only=True)
class Game:
    """A passage to guess, and how it went for others."""

    passage: int
    """Counted from 1."""
    before: str
    """What can be read before it."""
    text: str
    """The letters as they stand."""
    symbols: tuple[str, ...]
    steps: Mapping[int, Rival]
    """The model at each kept step of its training, the last one last."""
    counts: Mapping[int, Rival]
    """Counting, by the length of the runs; empty where the text is not here."""

    @property
    def letters(self) -> str:
        """What is to be guessed."""
        return fold_capitals(self.text)

    @property
    def model(self) -> Rival:
        """The model at the end of its training."""
        return self.steps[max(self.steps)]

    @property
    def ranks(self) -> tuple[int, ...]:
        """Those of the model."""
        return self.model.ranks

    @property
    def bits(self) -> tuple[float, ...]:
        """Those of the model."""
        return self.model.bits


GAME = Snippet(
    """
import torch
import minigpt
from minigpt.lessons.playing.held_out import (
    fold_capitals, held_out, join_capitals, passage_starts, symbols,
)

opened = minigpt.open_model(minigpt.open_run($run), step=$step)
text, start = held_out(), passage_starts()[$passage - 1]
letters, known = fold_capitals(text[start : start + $letters]), symbols(opened.tokenizer)

ids, length = torch.tensor(opened.tokenizer.encode(text)), opened.model.context_length
contexts = torch.stack([ids[at - length : at] for at in range(start, start + $letters)])
odds = join_capitals(opened.model(contexts)[:, -1].detach().softmax(-1), opened.tokenizer)

ranks, bits = (), ()
for row, letter in zip(odds, letters):
    own = row[known.index(letter)]
    ranks += (1 + int((row > own).sum()),)  # whatever is likelier is guessed before
    bits += (-own.log2().item(),)
""",
    ("letters", "ranks", "bits"),
)


def play_passage(
    passage: int,
    models: Mapping[int, LanguageModel],
    tokenizer: Tokenizer,
    training: Integer[np.ndarray, " training"] | None,
) -> Game:
    """A passage, and how it goes for a model and for counting.

    Args:
        passage: Counted from 1.
        models: One model at some steps of its training.
        tokenizer: Theirs; a token is a character.
        training: The ids of what they learnt from; None where it is not here.
    """
    text, start = held_out(), passage_starts()[passage - 1]
    letters = fold_capitals(text[start : start + LETTERS])
    known = symbols(tokenizer)
    steps = {
        step: rival_of(_exact_odds(model, tokenizer, start), letters, known)
        for step, model in sorted(models.items())
    }
    counts = {} if training is None else _counted(training, tokenizer, start)
    return Game(
        passage=passage,
        before=text[start - BEFORE : start],
        text=text[start : start + LETTERS],
        symbols=known,
        steps=steps,
        counts={length: rival_of(odds, letters, known) for length, odds in counts.items()},
    )


def rival_of(odds: Float[Tensor, "letters symbols"], letters: str, known: Sequence[str]) -> Rival:
    """How letters go for who has these odds."""
    own = odds.gather(1, column_of(known, letters)[:, None])
    ranks = 1 + (odds > own).sum(1)
    return Rival(ranks=tuple(ranks.tolist()), bits=tuple((-own.log2()).squeeze(1).tolist()))


def _exact_odds(
    model: LanguageModel, tokenizer: Tokenizer, start: int
) -> Float[Tensor, "letters symbols"]:
    """Each letter after a whole context."""
    ids, length = torch.tensor(tokenizer.encode(held_out())), model.context_length
    places = range(start, start + LETTERS)
    contexts = torch.stack([ids[max(0, place - length) : place] for place in places])
    with torch.inference_mode():
        return join_capitals(model(contexts)[:, -1].softmax(-1), tokenizer).clone()


def _counted(
    training: Integer[np.ndarray, " training"], tokenizer: Tokenizer, start: int
) -> dict[int, Float[Tensor, "letters symbols"]]:
    ids = tokenizer.encode(held_out())
    rows = [
        _by_length(training, ids[:place], len(tokenizer.vocabulary))
        for place in range(start, start + LETTERS)
    ]
    return {
        length + 1: join_capitals(torch.stack([row[length] for row in rows]), tokenizer)
        for length in range(LONGEST_RUN)
    }


def _by_length(
    training: Integer[np.ndarray, " training"], history: Sequence[int], size: int
) -> list[Float[Tensor, " V"]]:
    found = odds_after(training, history, size, longest=LONGEST_RUN)
    return [torch.from_numpy(odds) for odds in found]


@dataclass(frozen=True, kw_only=True)
class ForetoldLetters:
    """Many letters in a row as a model foretells them."""

    letters: int
    ranks: tuple[int, ...]
    even: float
    """Bits a letter by an even guess."""
    exact: float
    """By the odds, in bits a letter."""

    @property
    def lower(self) -> float:
        """Shannon's lower bound by the numbers of guesses."""
        return at_least(self.ranks)

    @property
    def upper(self) -> float:
        """Shannon's upper bound by the numbers of guesses."""
        return at_most(self.ranks)

    @property
    def both(self) -> tuple[ValueWithError, ValueWithError]:
        """The bounds and how far they scatter."""
        return jackknife_bound(self.ranks, at_least), jackknife_bound(self.ranks, at_most)

    def share(self, rank: int) -> float:
        """How many letters of a hundred were found at that guess."""
        return 100 * self.ranks.count(rank) / len(self.ranks)


FORETOLD = Snippet(
    """
import math
from collections import Counter
import torch
import minigpt
from minigpt.lessons.playing.held_out import fold_capitals, held_out, join_capitals, symbols

opened = minigpt.open_model(minigpt.open_run($run), step=$step)
ids, length = torch.tensor(opened.tokenizer.encode(held_out())), opened.model.context_length
half = length // 2  # every letter is judged by at least half a context
contexts = ids[half - 1 : -1].unfold(0, length, half)[: -(-$letters // half)]
scores = opened.model(contexts).detach()[:, -half:].flatten(0, 1)[:$letters]
odds = join_capitals(scores.softmax(-1), opened.tokenizer)

known = symbols(opened.tokenizer)
came = [known.index(one) for one in fold_capitals(held_out())[length : length + $letters]]
own = odds[range($letters), came][:, None]
ranks = tuple((1 + (odds > own).sum(1)).tolist())
exact, even = -own.log2().mean().item(), math.log2(len(known))
lower = sum(r * math.log2(r) - (r - 1) * math.log2(max(r - 1, 1)) for r in ranks) / len(ranks)
shares = [times / len(ranks) for times in Counter(ranks).values()]
upper = -sum(share * math.log2(share) for share in shares)
""",
    ("ranks", "exact", "even", "lower", "upper"),
)


def foretell_letters(found: Rival, tokenizer: Tokenizer, letters: int) -> ForetoldLetters:
    """The first letters of many."""
    return ForetoldLetters(
        letters=letters,
        ranks=found.ranks[:letters],
        even=math.log2(len(symbols(tokenizer))),
        exact=sum(found.bits[:letters]) / letters,
    )


def long_rival(model: LanguageModel, tokenizer: Tokenizer, letters: int = READ) -> Rival:
    """How the first letters of the held-out text go for a model.

    Each is judged by at least half a context.
    """
    came = fold_capitals(held_out())[model.context_length :][:letters]
    odds = torch.cat(list(_in_turn(model, tokenizer, letters)))[:letters]
    return rival_of(odds, came, symbols(tokenizer))


def _in_turn(
    model: LanguageModel, tokenizer: Tokenizer, letters: int
) -> Iterator[Float[Tensor, "some symbols"]]:
    ids, length = torch.tensor(tokenizer.encode(held_out())), model.context_length
    half = length // 2
    contexts = ids[half - 1 : -1].unfold(0, length, half)[: -(-letters // half)]
    for some in torch.split(contexts, 32):
        with torch.inference_mode():
            odds = model(some)[:, -half:].flatten(0, 1).softmax(-1)
            yield join_capitals(odds, tokenizer).clone()


@dataclass(frozen=True, kw_only=True)
class BitsOverTraining:
    """The bits of a letter over a training."""

    steps: tuple[int, ...]
    bits: tuple[float, ...]
    """At each of them."""

    @property
    def middle(self) -> float:
        """Half of the way in bits, from the first to the last."""
        return (self.bits[0] + self.bits[-1]) / 2

    @property
    def half(self) -> int:
        """The first of the steps at which half of the way is done."""
        pairs = zip(self.steps, self.bits, strict=True)
        return next(step for step, bits in pairs if bits <= self.middle)

    @property
    def share(self) -> float:
        """How far through the training that is, in percent."""
        return 100 * self.half / self.steps[-1]


COURSE = Snippet(
    """
import minigpt
from minigpt.checkpoints.manifest import list_checkpoints
from minigpt.lessons.playing.rivals import long_rival

run, found = minigpt.open_run($run), {}
for kept in list_checkpoints(run.weights):
    opened = minigpt.open_model(run, step=kept.step)
    costs = long_rival(opened.model, opened.tokenizer).bits
    found[kept.step] = sum(costs) / len(costs)
steps, bits = tuple(found), tuple(found.values())
middle = (bits[0] + bits[-1]) / 2
half = next(step for step in steps if found[step] <= middle)
share = 100 * half / steps[-1]
""",
    ("steps", "bits", "middle", "half", "share"),
)


def bits_over_training(players: Mapping[int, Rival]) -> BitsOverTraining:
    """What the same letters cost a model at some steps of its training."""
    return BitsOverTraining(
        steps=tuple(players),
        bits=tuple(sum(one.bits) / len(one.bits) for one in players.values()),
    )
