"""The text of a run: what its tokenizer learns from, and the two streams of tokens.

It is held in memory, or read piece by piece from a large file whose tokens are mapped.
"""

import logging
from abc import ABC, abstractmethod
from pathlib import Path

import torch
from jaxtyping import Integer
from torch import Tensor

from minigpt.corpora import (
    MAX_CHARACTERS,
    Corpus,
    open_token_file,
    require_passage,
    write_token_file,
)
from minigpt.corpora.large_files import read_chunks, sha256_of
from minigpt.corpora.parts import TRAINING_SHARE, ValidationPart
from minigpt.errors import CorpusError
from minigpt.reading.places import places_of, readable_ends, tokens_between
from minigpt.runs.config import CorpusConfig
from minigpt.runs.directory import RunDirectory
from minigpt.sentences import N_
from minigpt.shapes import TokenStream
from minigpt.tokenizers import Tokenizer
from minigpt.training.batches import Stretches
from minigpt.training.cost import MOST_EVALUATION_TOKENS
from minigpt.training.distributed import World

Streams = tuple[Integer[Tensor, " training"], Integer[Tensor, " validation"]]

LEARNING_CHARACTERS = 8_000_000
TOKEN_FILE = "tokens.npy"
PROGRESS_STEP = 0.1

UNFINDABLE = N_(
    "The tokens of this text cannot be found again in what this run learns from, because its "
    "tokenizer leaves something of it out."
)

logger = logging.getLogger(__name__)


class RunText(ABC):
    """What a tokenizer learns from, and the two streams of tokens that training needs."""

    @abstractmethod
    def learning_text(self) -> str:
        """The text that a tokenizer learns its vocabulary from; has every character."""

    @abstractmethod
    def streams(self, tokenizer: Tokenizer) -> Streams:
        """The tokens to train on and the tokens to be judged by."""

    @abstractmethod
    def stretches(self, tokenizer: Tokenizer, passage: str) -> Stretches:
        """The tokens to train on that have any character of a passage, at all its places.

        Raises:
            CorpusError: it is not there, or cannot be found again in the tokens.
        """


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
        first, second = (
            torch.tensor(tokenizer.encode_known(part), dtype=torch.long) for part in parts
        )
        return first, second

    def stretches(self, tokenizer: Tokenizer, passage: str) -> Stretches:
        """Found in the training part."""
        text = self._corpus.training_text
        require_passage(self._corpus, passage)
        ids, ends = readable_ends(tokenizer, text)
        if ids.tolist() != tokenizer.encode_known(text):
            raise CorpusError(UNFINDABLE, field="training.never_read")
        return Stretches.of(
            tokens_between(ends, at, at + len(passage)) for at in places_of(passage, text)
        )


class FileText(RunText):
    """A text on disk, of any size. Its tokens are written to a file and mapped, not loaded."""

    def __init__(
        self, path: Path, token_file: Path, world: World, *, validation: ValidationPart = "last"
    ) -> None:
        self._path = path
        self._validation = validation
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
        """Slices of the mapped token file: nine tenths, and the tenth that is first or last."""
        # It appears whole or not at all, so one that is there is good.
        if self._world.is_first and not self._token_file.exists():
            self._write_tokens(tokenizer)
        self._world.agree("the file is there")
        tokens = torch.from_numpy(open_token_file(self._token_file))
        boundary = int(TRAINING_SHARE * len(tokens))
        if self._validation == "first":
            tenth = len(tokens) - boundary
            return tokens[tenth:], tokens[:tenth]
        return tokens[:boundary], tokens[boundary:]

    def stretches(self, tokenizer: Tokenizer, passage: str) -> Stretches:
        """Not to be had: the text is not held, and its tokens do not say where it breaks."""
        raise CorpusError(
            "Of a large file no passage can be kept unread. Use a text of at most {most:,} "
            "characters, or leave training.never_read empty.",
            field="training.never_read",
            most=MAX_CHARACTERS,
        )

    def _write_tokens(self, tokenizer: Tokenizer) -> None:
        told = 0.0
        for progress in write_token_file(
            self._path,
            tokenizer.encode_known,
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
        config.require_same(sha256_of(path), title=path.name)
        return FileText(path, run.path / TOKEN_FILE, world, validation=config.validation)
    corpus = config.load()
    config.require_same(corpus.sha256, title=corpus.title)
    return HeldText(corpus)


def characters_per_token(tokenizer: Tokenizer, tokens: TokenStream) -> float:
    """How long a token of a stream is, in characters; of a long stream, of its beginning."""
    some = tokens[:MOST_EVALUATION_TOKENS].tolist()
    return len(tokenizer.decode(some)) / len(some)


def run_streams(run: RunDirectory, tokenizer: Tokenizer) -> Streams:
    """The tokens that a run learns from and those it is judged by, without writing anything.

    Raises:
        CorpusError: its text is gone or has changed.
    """
    config = run.config().corpus
    if config.path and not (run.path / TOKEN_FILE).exists():
        raise CorpusError(
            "The text of this run is a large file, and the tokens that it was cut into are not "
            "here. They are where the run was trained.",
            field="corpus",
        )
    return open_text(run, config, World()).streams(tokenizer)
