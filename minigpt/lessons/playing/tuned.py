"""What became of a model that was fine-tuned: what it writes, at which rate, and what helps."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from minigpt.lessons.playing.fine_tuning import FinishedTuning
from minigpt.lessons.snippet import Snippet
from minigpt.models.language_model import LanguageModel
from minigpt.sampling.distribution import SamplingConfig
from minigpt.sampling.generate import Continuation, Continuations
from minigpt.shapes import TokenStream
from minigpt.tokenizers import Tokenizer

WRITTEN = 80
"""Characters that are written to compare."""
WRITERS, WRITTEN_EACH = 8, 160
"""Texts that a model writes to go over later, and how long each is."""
RATES = (0.0001, 0.001, 0.01, 0.1)


@dataclass(frozen=True, kw_only=True)
class ContinuationPair:
    """What a model writes before and after, with the same numbers drawn."""

    prompt: str
    before: str
    after: str

    @property
    def same(self) -> int:
        """How many characters both begin with."""
        pairs = zip(self.before, self.after, strict=True)
        differing = (place for place, (one, other) in enumerate(pairs) if one != other)
        return next(differing, len(self.before))


PARTED = Snippet(
    """
import minigpt
from minigpt.lessons.playing.fine_tuning import fine_tuning, split_new_text
from minigpt.lessons.playing.tuned import write_continuation

opened = minigpt.open_model(minigpt.open_run($run))
read = split_new_text(opened.tokenizer, $text)
*_, (_, pupil) = fine_tuning(opened.model, read, rate=$rate, steps=$steps, seed=$seed)
before, after = (
    write_continuation(model, opened.tokenizer, $prompt, characters=$characters, seed=$luck)
    for model in (opened.model, pupil)
)
pairs = enumerate(zip(before, after))
same = next((place for place, (one, other) in pairs if one != other), len(before))
""",
    ("before", "after", "same"),
)


def continue_both(
    before: LanguageModel, after: LanguageModel, tokenizer: Tokenizer, prompt: str, luck: int
) -> ContinuationPair:
    """Let both go on from the same beginning."""
    texts_of = (
        write_continuation(one, tokenizer, prompt, characters=WRITTEN, seed=luck)
        for one in (before, after)
    )
    return ContinuationPair(prompt=prompt, before=next(texts_of), after=next(texts_of))


def write_continuation(
    model: LanguageModel, tokenizer: Tokenizer, prompt: str, *, characters: int, seed: int
) -> str:
    """A continuation at temperature 1; the nth number of the seed decides the nth character."""
    text = Continuation(tuple(tokenizer.encode(prompt)), SamplingConfig(), seed)
    together = Continuations(model)
    together.join(text)
    for _ in range(characters):
        together.step()
    return tokenizer.decode([one.id for one in text.drawn])


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The same fine-tuning at several learning rates."""

    rates: tuple[float, ...]
    rest: tuple[float, ...]
    """The loss on the rest of the new text at the end, for each of them."""
    own: tuple[float, ...]
    """The loss on its own text at the end."""
    before: tuple[float, float]
    """Both before."""

    @property
    def best(self) -> int:
        """The place of the rate that ends lowest on the rest of the new text."""
        return self.rest.index(min(self.rest))


RATED = Snippet(
    """
import minigpt
from minigpt.lessons.playing.fine_tuning import fine_tuning, split_new_text

opened = minigpt.open_model(minigpt.open_run($run))
read = split_new_text(opened.tokenizer, $text)
rest, own = (), ()
for rate in $rates:
    first, *_, last = (measured for measured, _ in fine_tuning(
        opened.model, read, rate=rate, steps=$steps, seed=$seed))
    rest += (last.rest,)
    own += (last.own,)
before = first.rest, first.own
best = rest.index(min(rest))
""",
    ("rest", "own", "before", "best"),
)


def compare_rates(found: Mapping[float, FinishedTuning]) -> Rates:
    """Put several fine-tunings beside each other, by their rates."""
    first = next(iter(found.values()))
    return Rates(
        rates=tuple(found),
        rest=tuple(one.rest[-1][1] for one in found.values()),
        own=tuple(one.own[-1][1] for one in found.values()),
        before=(first.rest[0][1], first.own[0][1]),
    )


@dataclass(frozen=True, kw_only=True)
class RehearsalComparison:
    """A fine-tuning alone, and one that goes over what the model wrote before."""

    alone: FinishedTuning
    beside: FinishedTuning

    @property
    def kept(self) -> float:
        """How many hundredths of the forgetting did not happen; 0 where nothing was forgotten."""
        alone, beside = self.forgotten
        return 100 * (1 - beside / alone) if alone > 0 else 0.0

    @property
    def gained(self) -> tuple[float, float]:
        """By how much each fell on the rest of the new text."""
        return self.alone.gained, self.beside.gained

    @property
    def forgotten(self) -> tuple[float, float]:
        """By how much each rose on its own text."""
        return self.alone.forgotten, self.beside.forgotten


REHEARSED = Snippet(
    """
import minigpt
from minigpt.lessons.playing.fine_tuning import fine_tuning, split_new_text
from minigpt.lessons.playing.tuned import own_writing

opened = minigpt.open_model(minigpt.open_run($run))
read, old = split_new_text(opened.tokenizer, $text), own_writing(opened.model, opened.tokenizer)

def ends(rehearsed):
    first, *_, last = (measured for measured, _ in fine_tuning(
        opened.model, read, rate=$rate, steps=$steps, seed=$seed, rehearsed=rehearsed))
    return first.rest - last.rest, last.own - first.own

pairs = ends(None), ends(old)  # half of each batch from what the model wrote itself
gained, forgotten = zip(*pairs)
kept = 100 * (1 - forgotten[1] / forgotten[0]) if forgotten[0] > 0 else 0.0
""",
    ("gained", "forgotten", "kept"),
)


def own_writing(model: LanguageModel, tokenizer: Tokenizer) -> TokenStream:
    """Text that a model has written itself, from the beginning of a line."""
    together = Continuations(model)
    written_texts = [
        Continuation(tuple(tokenizer.encode("\n")), SamplingConfig(), seed)
        for seed in range(WRITERS)
    ]
    for text in written_texts:
        together.join(text)
    for _ in range(WRITTEN_EACH):
        together.step()
    return torch.tensor([one.id for text in written_texts for one in text.drawn])
