"""The text that a run learns from, ready to be searched: its letters, its tokens, where those are.

Made once for a text and a tokenizer, and then shared: for a million characters it takes about two
seconds and 20 MB.
"""

import time
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from minigpt.errors import CorpusError
from minigpt.reading.places import CharacterEnds, TokenIds, readable_ends, tokens_between
from minigpt.reading.run_text import UNFINDABLE, run_streams
from minigpt.reading.suffixes import Suffixes
from minigpt.runs.directory import RunDirectory
from minigpt.tokenizers import Tokenizer

MOST_CHARACTERS = 4_000_000
"""Of a longer text, the beginning is searched. Texts that repeat themselves take longest: a minute
for so many characters."""
HELD_OUT_CHARACTERS = 200_000
CUT_TOKENS = 100


@dataclass(frozen=True)
class TrainingText:
    """What a run learns from, as its model reads it."""

    letters: Suffixes
    held_out: str
    """The beginning of the part that is kept to judge by."""
    ids: TokenIds
    ends: CharacterEnds
    """Where in the text each token ends."""
    is_whole: bool
    """Whether all of the training text is here, and not only the beginning of a long one."""
    total_tokens: int
    """Of the whole training part, which decides where batches can begin."""
    seconds: float
    """What it took to make."""

    @property
    def text(self) -> str:
        """The characters."""
        return self.letters.text

    @cached_property
    def tokens(self) -> Suffixes:
        """The tokens, searchable; made when first asked for, where they are no letters."""
        return Suffixes.of_ids(self.ids)

    def tokens_of(self, start: int, end: int) -> tuple[int, int]:
        """The tokens that any of these characters stands in, and the one after the last."""
        return tokens_between(self.ends, start, end)

    def characters_of(self, first: int, last: int) -> tuple[int, int]:
        """The characters of some tokens, from the first to the one before `last`."""
        return (int(self.ends[first - 1]) if first else 0), int(self.ends[last - 1])


def training_text(
    run: RunDirectory, tokenizer: Tokenizer, *, most: int = MOST_CHARACTERS
) -> TrainingText:
    """Make the training text of a run searchable, or the first `most` characters of it.

    Raises:
        CorpusError: the text is gone, has changed, or is not what its tokens say.
    """
    began = time.monotonic()
    training, validation = run_streams(run, tokenizer)
    config = run.config().corpus
    if config.path:
        text = tokenizer.decode(training[:most].tolist())[:most]
        held_out = tokenizer.decode(validation[:HELD_OUT_CHARACTERS].tolist())
    else:
        corpus = config.load()
        text, held_out = corpus.training_text[:most], corpus.validation_text
    ids, ends = readable_ends(tokenizer, text)
    if len(ids) != len(training):  # where a long text is cut, a token may be another one
        ids, ends = ids[:-CUT_TOKENS], ends[:-CUT_TOKENS]
    _require_same(ids, training[: len(ids)].numpy().astype(np.int32))
    return TrainingText(
        letters=Suffixes(text),
        held_out=held_out[:HELD_OUT_CHARACTERS],
        ids=ids,
        ends=ends,
        is_whole=len(ids) == len(training),
        total_tokens=len(training),
        seconds=time.monotonic() - began,
    )


def _require_same(ids: TokenIds, trained_on: TokenIds) -> None:
    if not np.array_equal(ids, trained_on):
        raise CorpusError(UNFINDABLE, field="corpus")
