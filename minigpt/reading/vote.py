"""The text's own vote: what followed, in the training text, the longest context that it has.

Counting without a model and without a limit to the context (Liu et al. 2024, "Infini-gram"). Where
the model says something else than the counts, it does more than remember.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigpt.reading.suffixes import as_text
from minigpt.reading.training_text import TrainingText
from minigpt.runs.trained_model import TrainedModel
from minigpt.sampling.decoder import Decoder

LONGEST_CONTEXT = 256
ENOUGH = 10
"""Places from which on shares of counts say something."""


@dataclass(frozen=True)
class Vote:
    """What followed a context, with counts."""

    context: tuple[int, ...]
    """The tokens that were looked for: the end of what stands before."""
    counts: tuple[tuple[int, int], ...]
    """Tokens that followed and how often, the most frequent first."""

    @property
    def places(self) -> int:
        """Of the context in the training text that something follows."""
        return sum(count for _, count in self.counts)

    def share(self, token: int) -> float:
        """Of the places at which that token followed."""
        return dict(self.counts).get(token, 0) / self.places


def votes(before: Sequence[int], training: TrainingText) -> list[Vote]:
    """The votes after some tokens: of the longest context, and of the longest with enough places.

    One vote where these are the same; none where not even the last token was ever followed by any.
    """
    context = as_text(np.array(before[-LONGEST_CONTEXT:], dtype=np.int64))
    longest = training.tokens.longest_ending(context)
    found: list[Vote] = []
    for length in range(longest, -1, -1):
        vote = _vote(context[len(context) - length :], training)
        if vote.places and (not found or vote.places >= ENOUGH):
            found.append(vote)
        if vote.places >= ENOUGH:
            break
    return found


def model_odds(trained: TrainedModel, before: Sequence[int]) -> list[float]:
    """The model's own probability of every token after some others."""
    ids = [*trained.prompt_ids(""), *before]
    odds: list[float] = Decoder(trained.model).add(ids).softmax(-1).tolist()
    return odds


def _vote(context: str, training: TrainingText) -> Vote:
    index = training.tokens
    found = index.find(context)
    after = index.order[found.low : found.high].astype(np.int64) + len(context)
    tokens, counts = np.unique(training.ids[after[after < len(training.ids)]], return_counts=True)
    falling = np.argsort(-counts, kind="stable")
    pairs = zip(tokens[falling].tolist(), counts[falling].tolist(), strict=True)
    return Vote(tuple(map(ord, context)), tuple(pairs))
