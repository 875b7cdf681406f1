"""A text to learn from, cut into the part to train on and the part to be judged by.

A `CorpusSource` is such a text before it is read: what people choose from.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from minigpt.corpora.parts import Parts, ValidationPart, split_text
from minigpt.errors import CorpusError
from minigpt.sentences import N_


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """A named text. Construction refuses a text that no model can learn from."""

    name: str
    """The key it is found under again, see `minigpt.corpora.load_corpus`."""
    title: str
    """The name people read."""
    text: str
    validation: ValidationPart = "last"
    """Which tenth is kept from training, to judge by."""

    def __post_init__(self) -> None:
        require_learnable(self.text)

    @cached_property
    def characters(self) -> tuple[str, ...]:
        """The distinct characters, sorted."""
        return tuple(sorted(set(self.text)))

    @cached_property
    def sha256(self) -> str:
        """Checksum of the UTF-8 text: two runs on equal checksums saw the same text."""
        return hashlib.sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def training_text(self) -> str:
        """Nine tenths of the characters."""
        return self._parts.training

    @property
    def validation_text(self) -> str:
        """The tenth that training never sees."""
        return self._parts.validation

    @cached_property
    def _parts(self) -> Parts:
        return split_text(self.text, self.validation)


def require_learnable(text: str) -> None:
    """Refuse a text that has nothing to predict.

    Raises:
        CorpusError: the text is empty or repeats a single character.
    """
    if not text.strip():
        raise CorpusError(
            "The text is empty. Paste or upload a few hundred characters at least, "
            "or choose one of the texts that are already here.",
            field="corpus",
        )
    if len(set(text)) < 2:
        raise CorpusError(
            "The text repeats one character, {character!r}, so there is nothing to predict. Use a "
            "text with at least two different characters.",
            field="corpus",
            character=text[0],
        )


def require_length(corpus: Corpus, context_length: int) -> None:
    """Refuse a text too short to judge a model of that context length.

    Characters stand in for tokens, which do not exist yet; a tokenizer of words makes far
    fewer of them, so a text that passes may still be too short for words.

    Raises:
        CorpusError: the validation part has fewer than `context_length` + 1 characters.
    """
    available, needed = len(corpus.validation_text), context_length + 1
    if available >= needed:
        return
    largest = available - 1
    if largest >= 1:
        template = N_(
            "The validation part of {title!r}, a tenth of it, has {available:,} characters; a "
            "context of {context_length:,} needs {needed:,}. Use a text of at least "
            "{enough:,} characters, or a context of at most {largest}."
        )
    else:
        template = N_(
            "The validation part of {title!r}, a tenth of it, has {available:,} characters; a "
            "context of {context_length:,} needs {needed:,}. Use a text of at least "
            "{enough:,} characters."
        )
    raise CorpusError(
        template,
        field="corpus",
        title=corpus.title,
        available=available,
        context_length=context_length,
        needed=needed,
        enough=10 * needed,
        largest=largest,
    )


def require_passage(corpus: Corpus, passage: str) -> None:
    """Refuse what is never to be read and is not there to be read.

    Raises:
        CorpusError: the part to train on does not have it.
    """
    if passage not in corpus.training_text:
        raise CorpusError(
            "What is never to be read is not in the training part of {title!r}: {passage!r}. Copy "
            "it from the text, with its line breaks.",
            field="training.never_read",
            title=corpus.title,
            passage=passage,
        )


def _always() -> bool:
    return True


@dataclass(frozen=True, kw_only=True)
class CorpusSource:
    """One choice in the list of texts. Making it reads nothing."""

    name: str
    """The key it is found under, see `minigpt.corpora.load_corpus`."""
    title: str
    """The name people read."""
    description: str
    """One plain sentence that says what is in it."""
    read: Callable[[], str]
    """Returns the whole text; raises a CorpusError where it cannot."""
    is_ready: Callable[[], bool] = _always
    """Whether `read` would need no internet now: a download asks its cache."""
    least_loss: Callable[[str], float] | None = None
    """Of whole lines of it, the loss in nats a character that nobody gets below who knows no more
    than the rule that they are made by; None where there is no such rule."""

    def load(self) -> Corpus:
        """Read the text.

        Raises:
            CorpusError: the text cannot be read, fetched or learnt from.
        """
        return Corpus(name=self.name, title=self.title, text=self.read())
