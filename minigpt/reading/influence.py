"""What having read a passage did to a model, and how much of that chance alone would have done.

The surprise of the passage is measured where it stands in the training text, after the text before
it, by three models of the same step: the run's own, a twin that never read it, and one that read
all and differs by its seed (`minigpt.jobs.twins`).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from minigpt.errors import CorpusError
from minigpt.reading.log import Reading, ReadingLog
from minigpt.reading.places import places_of
from minigpt.reading.surprise import bits_of
from minigpt.reading.training_text import TrainingText
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import N_, Sentence

NAMED = 60
"""Characters of a passage that an error repeats."""
MOST_PLACES = 16
"""At which a passage is judged; of a name that stands in many more, evenly spread ones."""


@dataclass(frozen=True, kw_only=True)
class Influence:
    """The surprise of a passage, in bits per character, on average over its places."""

    own: float
    """Of the run itself, which may have read it."""
    without: float
    """Of the twin that never did."""
    other_seed: float
    """Of the one that differs by its seed."""
    places: int
    """At which it was measured."""

    @property
    def effect(self) -> float:
        """By how much having read it made it less surprising."""
        return self.without - self.own

    @property
    def noise(self) -> float:
        """How far another seed alone moves the same number."""
        return abs(self.other_seed - self.own)

    @property
    def chance(self) -> float:
        """How often a change that is chance alone exceeds that of the seed as many times as this.

        Two numbers from one bell curve around zero: their ratio follows the Cauchy distribution.
        The twin has the same batches, so chance alone moves it less than another seed does: it is
        as often as this or less often.
        """
        return 2 / math.pi * math.atan2(self.noise, abs(self.effect))

    def in_words(self) -> Sentence:
        """What may be said of it: one other seed is too little for a proof."""
        template = N_(
            "Without having read it, the surprise of the passage changes by {effect:+.2f} bits per "
            "character. Another seed alone moves that by {noise:.2f}. If both were chance alone, "
            "the first would exceed the second as clearly in up to {cases:.0f} of 100 such "
            "comparisons."
        )
        if abs(self.effect) <= self.noise:
            template = N_(
                "Without having read it, the surprise of the passage changes by {effect:+.2f} bits "
                "per character. Another seed alone moves that by {noise:.2f}: by these three "
                "models the difference cannot be told from chance."
            )
        cases = max(1, math.ceil(100 * self.chance))
        return Sentence(template, effect=self.effect, noise=self.noise, cases=cases)


def readings_of_passage(training: TrainingText, log: ReadingLog, passage: str) -> list[Reading]:
    """The steps at which any place of a passage was read.

    Raises:
        CorpusError: it is not in the training text.
    """
    # All at once: a letter may stand in a hundred thousand places.
    starts = np.array(_places(training, passage))
    firsts = np.searchsorted(training.ends, starts, side="right")
    lasts = np.searchsorted(training.ends, starts + len(passage), side="left") + 1
    return log.readings_of_any(firsts, np.minimum(lasts, len(training.ends)))


def influence(
    own: TrainedModel,
    without: TrainedModel,
    other_seed: TrainedModel,
    training: TrainingText,
    passage: str,
) -> Influence:
    """Measure what having read a passage did.

    Raises:
        CorpusError: it is not in the training text.
    """
    places = _places(training, passage)
    some = places[:: -(-len(places) // MOST_PLACES)]
    costs = [_cost(one, training, passage, some) for one in (own, without, other_seed)]
    return Influence(own=costs[0], without=costs[1], other_seed=costs[2], places=len(some))


def _places(training: TrainingText, passage: str) -> list[int]:
    if not (places := places_of(passage, training.text)):
        raise CorpusError(
            "{passage!r} is not in the training text. Copy it from there, with its line breaks.",
            field="training.never_read",
            passage=passage if len(passage) <= NAMED else f"{passage[:NAMED]} …",
        )
    return places


def _cost(
    trained: TrainedModel, training: TrainingText, passage: str, places: Iterable[int]
) -> float:
    """Bits per character of the passage, each time after the text that stands before it."""
    costs = []
    for at in places:
        first, last = training.tokens_of(at, at + len(passage))
        begin = max(0, first - trained.model.context_length)
        bits = bits_of(trained.model, training.ids[begin:last].tolist())
        start, end = training.characters_of(first, last)
        # The first token of all has none before it that it could be judged by.
        costs.append(sum(bits[max(0, first - begin - 1) :]) / (end - start))
    return sum(costs) / len(costs)
