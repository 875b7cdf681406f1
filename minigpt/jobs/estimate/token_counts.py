"""What has to be known of a text to tell what a training on it will take. Knows no torch."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from minigpt.corpora.large_files import CHUNK_BYTES, read_chunks, require_plain_file, sha256_of
from minigpt.corpora.parts import TRAINING_SHARE
from minigpt.errors import ConfigurationError, TokenizerError
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore
from minigpt.sentences import N_
from minigpt.tokenizers import Tokenizer

MOST_CHARACTERS = 8_000_000
"""Of a longer text, so many are cut into tokens, and the rest is taken to be like them."""

LEAST_VOCABULARY = 2
"""Of a text that nothing is known of yet."""


@dataclass(frozen=True, kw_only=True)
class TokenCounts:
    """A text as a model will see it."""

    vocabulary_size: int
    training_tokens: int
    validation_tokens: int
    characters: int
    """Of all the text that is held in memory; 0 for a large file, which is read from the disk."""
    seconds: float = 0.0
    """What a worker needs to read the text and cut it into tokens."""
    is_sampled: bool = False
    """Whether the tokens of a long text were counted in a part of it."""


def count_tokens(
    config: RunConfig,
    *,
    store: RunStore | None = None,
    most_characters: int = MOST_CHARACTERS,
) -> TokenCounts:
    """Read a run's text and cut it into tokens, as its worker would; takes as long as that does.

    Args:
        config: Its settings.
        store: Where the run is that it begins with; None for where runs usually are.
        most_characters: So many of a text are cut; a longer one is taken to go on like them.

    Raises:
        MiniGPTError: the text or the tokenizer cannot be had.
    """
    began = time.monotonic()
    if config.corpus.path:
        return _of_file(config, Path(config.corpus.path), store, most_characters)
    corpus = config.corpus.load()
    tokenizer = _tokenizer(config, corpus.text, store)
    learnt = time.monotonic() - began
    training, first = _counted(tokenizer, corpus.training_text, most_characters)
    validation, second = _counted(tokenizer, corpus.validation_text, most_characters)
    return TokenCounts(
        vocabulary_size=tokenizer.vocabulary_size,
        training_tokens=training,
        validation_tokens=validation,
        characters=len(corpus.text),
        seconds=learnt + first + second,
        is_sampled=len(corpus.training_text) > most_characters,
    )


def require_enough_tokens(config: RunConfig, text: TokenCounts) -> None:
    """Refuse a text that has not one window of tokens to train on, or none to be judged by.

    Raises:
        ConfigurationError: it is too short for the model's context.
    """
    context_length = config.model.context_length
    fewest, needed = min(text.training_tokens, text.validation_tokens), context_length + 1
    if fewest >= needed:
        return
    template = N_(
        "The text is too short for a context of {context_length:,} tokens: cut into tokens it has "
        "{training:,} to train on and {validation:,} to be judged by, and {needed:,} of each are "
        "needed. Use a longer text, or tokens that are shorter, such as characters."
    )
    if fewest > 1:
        template = N_(
            "The text is too short for a context of {context_length:,} tokens: cut into tokens it "
            "has {training:,} to train on and {validation:,} to be judged by, and {needed:,} of "
            "each are needed. Use a longer text, a context of at most {largest:,}, or tokens that "
            "are shorter, such as characters."
        )
    raise ConfigurationError(
        template,
        field="model.context_length",
        context_length=context_length,
        training=text.training_tokens,
        validation=text.validation_tokens,
        needed=needed,
        largest=fewest - 1,
    )


def _of_file(
    config: RunConfig, path: Path, store: RunStore | None, most_characters: int
) -> TokenCounts:
    began = time.monotonic()
    require_plain_file(path)
    if config.corpus.sha256:  # before anything is said of what is in it
        config.corpus.require_same(sha256_of(path), title=path.name)
    text = "".join(_beginning(path, most_characters))
    tokenizer = _tokenizer(config, text, store)
    counted, _ = _counted(tokenizer, text, most_characters)
    share = path.stat().st_size / max(1, len(text.encode("utf-8")))
    tokens = round(counted * share)
    training = int(TRAINING_SHARE * tokens)
    return TokenCounts(
        vocabulary_size=tokenizer.vocabulary_size,
        training_tokens=training,
        validation_tokens=tokens - training,
        characters=0,
        seconds=share * (time.monotonic() - began),
        is_sampled=share > 1,
    )


def _beginning(path: Path, most_characters: int) -> Iterator[str]:
    length = 0
    for chunk in read_chunks(path, min(CHUNK_BYTES, most_characters)):
        yield chunk.text
        length += len(chunk.text)
        if length >= most_characters:
            return


def _tokenizer(config: RunConfig, text: str, store: RunStore | None) -> Tokenizer:
    if config.start.run:
        return (store or RunStore.default()).open(config.start.run).tokenizer()
    return config.tokenizer.train(text)


def _counted(tokenizer: Tokenizer, text: str, most_characters: int) -> tuple[int, float]:
    """How many tokens a text has, and how many seconds it takes to find them."""
    began = time.monotonic()
    some = text[:most_characters]
    try:
        tokens = len(tokenizer.encode(some))
    except TokenizerError:  # what the tokenizer of another text does not know is left out
        tokens = sum(not piece.is_unknown for piece in tokenizer.pieces(some))
    share = len(text) / max(1, len(some))
    return round(tokens * share), share * (time.monotonic() - began)
