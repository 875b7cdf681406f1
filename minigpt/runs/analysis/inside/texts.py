"""The texts that a model is looked at on: what judges it, what it learnt from, what is brought.

What judges it are pieces of text that no training of it has seen. Of the texts that come with
MiniGPT, one is downloaded and another comes with Python, so they may be missing, or differ, where a
run is looked at. The worker therefore leaves the very pieces with the run that would be cut from
the text, so that the numbers are the same there.

A fine-tuned model need not know every character of its text: it learns without those, and is looked
at without them.

What somebody brings, where a run's own text is not known or not wanted, is cut into pieces of equal
length, since only what differs from piece to piece says how sure a mean is. A short text gives
short pieces; one that is too short for several is read as one piece, and then nothing is known of
how sure the numbers are.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from minigpt.corpora import CORPORA
from minigpt.errors import ConfigurationError, MiniGPTError
from minigpt.introspection.heads import FIRST_ROW
from minigpt.introspection.report_card import FEWEST_WINDOWS, Source
from minigpt.runs.config import CorpusConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import UnseenRecord
from minigpt.runs.trained_model import TrainedModel
from minigpt.shapes import Tokens, TokenStream
from minigpt.tokenizers import Tokenizer
from minigpt.training.batches import evaluation_batches

MOST_WINDOWS, LONGEST_WINDOW = 32, 128
MOST_CHARACTERS = 500_000
"""Of the validation text: what is encoded to cut windows from."""
WHOLE = np.dtype("<i4")


@dataclass(frozen=True, kw_only=True)
class UnseenWindows:
    """Pieces of text, each with the token after it."""

    tokens: Tokens
    source: Source


def validation_windows(
    run: RunDirectory, tokenizer: Tokenizer, *, length: int, windows: int
) -> Tokens:
    """Pieces of the run's validation text, evenly spread, each with the token after it.

    Raises:
        MiniGPTError: the text is not here, has changed, or is too short, and nothing was kept.
    """
    return unseen_windows(run, tokenizer, length=length, windows=windows).tokens


def unseen_windows(
    run: RunDirectory, tokenizer: Tokenizer, *, length: int, windows: int
) -> UnseenWindows:
    """The same, and where they are from. Nothing is downloaded where pieces were kept.

    Raises:
        MiniGPTError: the text is not here, has changed, or is too short, and nothing was kept.
    """
    config = run.config().corpus
    kept = _kept(run, tokenizer, length=length, windows=windows)
    if kept is not None and not _is_near(config):
        return UnseenWindows(tokens=kept, source="kept")
    try:
        found = _cut(config, tokenizer, length=length, windows=windows)
    except MiniGPTError:
        if kept is None:
            raise
        return UnseenWindows(tokens=kept, source="kept")
    return UnseenWindows(tokens=found, source="validation")


def write_unseen(run: RunDirectory) -> None:
    """Leave pieces with a run that learnt from a text of MiniGPT's own, 22 kB at most.

    What people brought stays where they put it: whoever deletes it shall find nothing of it here.
    """
    config = run.config()
    if config.corpus.path or config.corpus.name not in CORPORA:
        return
    length = min(config.model.context_length, LONGEST_WINDOW)
    with suppress(MiniGPTError, OSError):  # the run itself is whole without it
        found = _cut(config.corpus, run.tokenizer(), length=length, windows=MOST_WINDOWS)
        ids = found.numpy().astype(WHOLE).tobytes()
        run.write("unseen", UnseenRecord(length=found.shape[1], ids=ids).to_json())


def _is_near(config: CorpusConfig) -> bool:
    source = CORPORA.get(config.name)
    return source is None or source.is_ready()


def _cut(config: CorpusConfig, tokenizer: Tokenizer, *, length: int, windows: int) -> Tokens:
    corpus = config.load()
    config.require_same(corpus.sha256, title=corpus.title)
    text = tokenizer.known_form(corpus.validation_text[:MOST_CHARACTERS])
    batches = evaluation_batches(
        torch.tensor(tokenizer.encode_known(text)),
        context_length=length,
        tokens_per_batch=length,
        largest=windows * length,
    )
    return torch.cat([torch.cat([one.inputs, one.targets[:, -1:]], dim=1) for one in batches])


def _kept(run: RunDirectory, tokenizer: Tokenizer, *, length: int, windows: int) -> Tensor | None:
    """What a run kept; None where that is nothing, or of another model."""
    record = run.unseen()
    if record is None or record.length <= length:
        return None
    found = torch.from_numpy(np.frombuffer(record.ids, WHOLE).astype(np.int64))
    if bool(((found < 0) | (found >= tokenizer.vocabulary_size)).any()):
        return None  # a file of another run
    pieces = found.view(-1, record.length)[:, : length + 1]
    spread = torch.linspace(0, len(pieces) - 1, min(windows, len(pieces)), dtype=torch.float64)
    return pieces[spread.round().long()]


SHORTEST_WINDOW = FIRST_ROW + 2
"""Rows before `FIRST_ROW` say little; of those after it there must be some."""
ENOUGH_TOKENS = FEWEST_WINDOWS * SHORTEST_WINDOW + 1
"""From so many on, there are enough pieces for an interval."""


def given_windows(trained: TrainedModel, text: str, *, windows: int) -> Tokens:
    """Pieces of a text, each with the token after it; evenly spread where it has more than asked.

    Args:
        trained: The model that reads it.
        text: What somebody brought.
        windows: How many pieces, at most.

    Raises:
        TokenizerError: the model cannot read the text.
        ConfigurationError: it is too short.
    """
    known = trained.tokenizer.known_form(text[:MOST_CHARACTERS])
    ids = torch.tensor(trained.tokenizer.encode(known), dtype=torch.long)
    if len(ids) <= SHORTEST_WINDOW:
        raise ConfigurationError(
            "A text of {count} tokens is too short to say what a head is for. Give it at least "
            "{least}, or {enough} to know how sure the numbers are.",
            count=len(ids),
            least=SHORTEST_WINDOW + 1,
            enough=ENOUGH_TOKENS,
        )
    longest = min(trained.model.context_length, LONGEST_WINDOW)
    length = max(SHORTEST_WINDOW, min(longest, (len(ids) - 1) // FEWEST_WINDOWS))
    if len(ids) < ENOUGH_TOKENS:
        length = min(longest, len(ids) - 1)  # one piece, as long as can be
    pieces = ids.unfold(0, length + 1, length)
    spread = torch.linspace(0, len(pieces) - 1, min(windows, len(pieces)), dtype=torch.float64)
    return pieces[spread.round().long()]


MOST_TRAINING_CHARACTERS = 400_000


def training_sample(run: RunDirectory, tokenizer: Tokenizer) -> TokenStream:
    """The tokens of the training text, up to so many characters of it.

    Raises:
        MiniGPTError: the text is not here, or has changed.
    """
    config = run.config().corpus
    corpus = config.load()
    config.require_same(corpus.sha256, title=corpus.title)
    text = tokenizer.known_form(corpus.training_text[:MOST_TRAINING_CHARACTERS])
    return torch.tensor(tokenizer.encode_known(text))
