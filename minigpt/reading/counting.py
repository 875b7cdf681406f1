"""What plain counting in the training text reaches on another text: lines for a model to beat.

Runs of up to six tokens are counted, in the model's own tokens, so the lines can be compared with
the model whatever its tokens are.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer

from minigpt.corpora.statistics import long_ngram_entropies, ngram_entropies
from minigpt.reading.run_text import run_streams
from minigpt.reading.surprise import Surprise
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import Sentence, plural


@dataclass(frozen=True, kw_only=True)
class CountingLine:
    """How well a text is foretold by the counts of runs of tokens."""

    run_length: int
    """Tokens in a run, the one foretold among them; 0 is an even guess without any count."""
    bits_per_token: float

    @property
    def name(self) -> str:
        """What is counted."""
        if not self.run_length:
            return Sentence("even guess")
        return plural(
            "single tokens, counted", "sequences of {count} tokens, counted", self.run_length
        )


def counting_lines(
    training: Integer[np.ndarray, " training"],
    text: Integer[np.ndarray, " text"],
    *,
    vocabulary_size: int,
) -> list[CountingLine]:
    """Lines from an even guess to the counts of runs of six tokens.

    Raises:
        CorpusError: a stream is empty.
    """
    short = ngram_entropies(training, text, vocabulary_size)
    nats = {0: short.uniform, 1: short.unigram, 2: short.bigram, 3: short.trigram}
    nats |= long_ngram_entropies(training, text, vocabulary_size)
    return [
        CountingLine(run_length=length, bits_per_token=loss / math.log(2))
        for length, loss in nats.items()
    ]


def counting_lines_of(
    run: RunDirectory, trained: TrainedModel, read: Surprise
) -> list[CountingLine]:
    """The same for a text that a run's model has read, counted in what that model learnt from.

    Raises:
        CorpusError: the run's text is gone or has changed.
    """
    training, _ = run_streams(run, trained.tokenizer)
    return counting_lines(
        training.numpy(),
        np.array(read.ids),
        vocabulary_size=trained.tokenizer.vocabulary_size,
    )
