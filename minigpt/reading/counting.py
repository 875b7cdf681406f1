"""What plain counting in the training text reaches on another text: lines for a model to beat.

Runs of up to six tokens are counted, in the model's own tokens, so the lines can be compared with
the model whatever its tokens are.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Integer

from minigpt.corpora.statistics import MOST_COUNTED, CountedStream, evenly_spread
from minigpt.reading.run_text import run_streams
from minigpt.reading.surprise import Surprise
from minigpt.runs.directory import RunDirectory
from minigpt.runs.trained_model import TrainedModel
from minigpt.sentences import Sentence, plural
from minigpt.tokenizers import Tokenizer


@dataclass(frozen=True, kw_only=True)
class CountingLine:
    """How well a text is foretold by the counts of runs of tokens."""

    run_length: int
    """Tokens in a run, the one foretold among them; 0 is an even guess without any count."""
    bits_per_token: float
    counted: int
    """Tokens of the training text that were counted."""

    @property
    def name(self) -> str:
        """What is counted."""
        return name_of(self.run_length)


def name_of(run_length: int) -> str:
    """What is counted, where runs have so many tokens."""
    if not run_length:
        return Sentence("even guess")
    return plural("single tokens, counted", "sequences of {count} tokens, counted", run_length)


def counting_lines(
    counted: CountedStream, text: Integer[np.ndarray, " text"], *, given: int = 0
) -> list[CountingLine]:
    """Lines from an even guess to the counts of runs of six tokens.

    Args:
        counted: The training text.
        text: What is foretold.
        given: So many of its first tokens are only looked back at.

    Raises:
        CorpusError: the text is empty.
    """
    nats = {0: math.log(counted.vocabulary_size)} | counted.losses(text, given=given)
    return [
        CountingLine(run_length=length, bits_per_token=loss / math.log(2), counted=len(counted.ids))
        for length, loss in nats.items()
    ]


def counted_text(run: RunDirectory, tokenizer: Tokenizer) -> CountedStream:
    """What a run's model learns from, counted; of a long text `MOST_COUNTED` tokens.

    Raises:
        CorpusError: the text is gone or has changed.
    """
    training, _ = run_streams(run, tokenizer)
    some = evenly_spread(training.numpy(), MOST_COUNTED)
    return CountedStream.of(some, tokenizer.vocabulary_size)


def counting_lines_of(
    run: RunDirectory, trained: TrainedModel, read: Surprise
) -> list[CountingLine]:
    """The lines for a text that a run's model has read, counted in what that model learnt from.

    Raises:
        CorpusError: the run's text is gone or has changed.
    """
    return counted_as_read(counted_text(run, trained.tokenizer), read)


def counted_as_read(counted: CountedStream, read: Surprise) -> list[CountingLine]:
    """The lines for a text that begin where the model did: after the same token."""
    ids = [*read.beginning, *read.ids]
    return counting_lines(counted, np.array(ids), given=min(1, len(ids) - 1))
