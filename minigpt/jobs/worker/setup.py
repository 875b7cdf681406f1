"""A run's text, held in memory or read from a large file piece by piece. Needs torch."""

import logging
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Integer
from torch import Tensor

from minigpt.corpora import Corpus, load_corpus, open_token_file, write_token_file
from minigpt.corpora.corpus import TRAINING_SHARE
from minigpt.corpora.large_files import read_chunks, sha256_of
from minigpt.errors import CorpusError, TokenizerError
from minigpt.runs.directory import RunDirectory
from minigpt.runs.sections import CorpusConfig
from minigpt.tokenizers import Tokenizer
from minigpt.training.distributed import World

Streams = tuple[Integer[Tensor, " training"], Integer[Tensor, " validation"]]

LEARNING_CHARACTERS = 8_000_000
TOKEN_FILE = "tokens.npy"
PROGRESS_STEP = 0.1

logger = logging.getLogger(__name__)


class RunText(ABC):
    """What a tokenizer learns from, and the two streams of tokens that training needs."""

    @abstractmethod
    def learning_text(self) -> str:
        """The text that a tokenizer learns its vocabulary from; has every character."""

    @abstractmethod
    def streams(self, tokenizer: Tokenizer) -> Streams:
        """The tokens to train on and the tokens to be judged by."""


class HeldText(RunText):
    """A text in memory."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def learning_text(self) -> str:
        """All of it."""
        return self._corpus.text

    def streams(self, tokenizer: Tokenizer) -> Streams:
        """Each part encoded by itself."""
        parts = self._corpus.training_text, self._corpus.validation_text
        first, second = (torch.tensor(_known(tokenizer, part), dtype=torch.long) for part in parts)
        return first, second


class FileText(RunText):
    """A text on disk, of any size. Its tokens are written to a file and mapped, not loaded."""

    def __init__(self, path: Path, token_file: Path, world: World) -> None:
        self._path = path
        self._token_file = token_file
        self._world = world

    def learning_text(self) -> str:
        """Its beginning, and then once each character that occurs only later."""
        beginning: list[str] = []
        length, characters = 0, set[str]()
        for chunk in read_chunks(self._path):
            if length < LEARNING_CHARACTERS:
                beginning.append(chunk.text)
                length += len(chunk.text)
            characters.update(chunk.text)
        text = "".join(beginning)
        return text + "".join(sorted(characters - set(text)))

    def streams(self, tokenizer: Tokenizer) -> Streams:
        """Slices of the mapped token file: the first 90 % and the rest."""
        # It appears whole or not at all, so one that is there is good.
        if self._world.is_first and not self._token_file.exists():
            self._write_tokens(tokenizer)
        self._world.agree("the file is there")
        tokens = torch.from_numpy(open_token_file(self._token_file))
        boundary = int(TRAINING_SHARE * len(tokens))
        return tokens[:boundary], tokens[boundary:]

    def _write_tokens(self, tokenizer: Tokenizer) -> None:
        told = 0.0
        for progress in write_token_file(
            self._path,
            partial(_known, tokenizer),
            self._token_file,
            vocabulary_size=tokenizer.vocabulary_size,
        ):
            share = progress.bytes_read / progress.total_bytes
            if share >= told + PROGRESS_STEP:
                told = share
                logger.info("Cut %.0f %% of the text into tokens.", 100 * share)


def open_text(run: RunDirectory, config: CorpusConfig, world: World) -> RunText:
    """The text of a run, checked to be the one it was created for.

    Raises:
        CorpusError: it is gone, cannot be read, or has changed.
    """
    if config.path:
        path = Path(config.path)
        _require_same(sha256_of(path), config, path.name)
        return FileText(path, run.path / TOKEN_FILE, world)
    corpus = load_corpus(config.name)
    _require_same(corpus.sha256, config, corpus.title)
    return HeldText(corpus)


def _known(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of a text, without what the tokenizer of another text does not know."""
    try:
        return tokenizer.encode(text)
    except TokenizerError:
        pieces = tokenizer.pieces(text)
        return tokenizer.encode("".join(piece.text for piece in pieces if not piece.is_unknown))


def _require_same(found: str, config: CorpusConfig, title: str) -> None:
    if config.sha256 not in ("", found):
        raise CorpusError(
            f"The text {title!r} has changed since this run was created. "
            "Start a new run to train on what it is now.",
            field="corpus",
        )
