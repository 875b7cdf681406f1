"""The text that a run's heads are judged by: pieces that no training of it has seen.

Of the texts that come with MiniGPT, one is downloaded and another comes with Python, so they may be
missing, or differ, where a run is looked at. The worker therefore leaves the very pieces with the
run that would be cut from the text, so that the numbers are the same there.
"""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from minigpt.corpora import CORPORA
from minigpt.errors import MiniGPTError
from minigpt.introspection.report_card import Source
from minigpt.runs.config import CorpusConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import UnseenRecord
from minigpt.shapes import Tokens
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
        torch.tensor(tokenizer.encode(text)),
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
