"""The interface every tokenizer keeps. It knows texts and ids, no files and no tensors."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from minigpt.errors import TokenizerError


@dataclass(frozen=True, slots=True)
class Piece:
    """One token of a text, as a person would see it."""

    id: int | None
    """The token's id; None where the tokenizer has none to give."""
    text: str
    """What the token covers. Bytes that are part of a character read like <0xC3>."""
    is_unknown: bool = False
    """Whether the vocabulary lacks this text, so that encoding refuses or replaces it."""


class Tokenizer(ABC):
    """Turns text into token ids and back.

    Implementations are immutable once built, so one object serves many threads.
    """

    kind: ClassVar[str]
    """The tokenizer's name in the registry, also written into its saved form."""
    title: ClassVar[str]
    """The name people read."""
    description: ClassVar[str]
    """What a token is here and what that costs, for a newcomer."""
    is_by_character: ClassVar[bool] = False
    """Whether every token is one character, with the id of its place in the vocabulary."""
    default_vocabulary_size: ClassVar[int | None] = None
    """How many ids `train` makes unless told otherwise; None where it cannot be chosen."""

    @classmethod
    @abstractmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "Tokenizer":
        """Build the vocabulary from a text.

        Args:
            text: the text to learn from.
            vocabulary_size: how many ids to make; None for `default_vocabulary_size`.
                A small text may yield fewer.

        Raises:
            TokenizerError: the text is too small to build a vocabulary from, or the size is
                impossible or cannot be chosen.
        """

    @property
    @abstractmethod
    def vocabulary(self) -> Sequence[str]:
        """What each id stands for, readable, in id order."""

    @property
    def vocabulary_size(self) -> int:
        """How many distinct ids there are (V)."""
        return len(self.vocabulary)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """Turn a text into ids.

        Raises:
            TokenizerError: the text holds something outside the vocabulary.
        """

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text.

        Raises:
            TokenizerError: an id is outside the vocabulary.
        """

    @abstractmethod
    def pieces(self, text: str) -> list[Piece]:
        """Show how a text is cut, also where `encode` would refuse it.

        The texts of the pieces, joined, are the text itself, except where a character is cut
        into bytes.
        """

    @abstractmethod
    def unknown_characters(self, text: str) -> list[str]:
        """List, sorted and once each, what of a text this tokenizer cannot represent.

        These are characters; where tokens are words, whole words.
        """

    def known_form(self, text: str) -> str:
        """The same text with its accents written in the way that this tokenizer knows.

        An accented letter is one character or two, as the keyboard or the file has it, and looks
        the same; the text that a tokenizer learnt from had one of these forms.

        >>> from minigpt.tokenizers.character import CharacterTokenizer
        >>> CharacterTokenizer.train("caf\u00e9").known_form("cafe\u0301") == "caf\u00e9"
        True
        """
        from minigpt.accents import normal_form  # not above: it loads NumPy

        forms = (text, normal_form("NFC", text), normal_form("NFD", text))
        return next((form for form in forms if not self.unknown_characters(form)), text)

    def encode_known(self, text: str) -> list[int]:
        """The ids of a text, without what the vocabulary lacks."""
        try:
            return self.encode(text)
        except TokenizerError:
            pieces = self.pieces(text)
            return self.encode("".join(piece.text for piece in pieces if not piece.is_unknown))

    def line_break(self) -> list[int]:
        """The ids of a line break, after which anything may come; none where it is unknown."""
        return [] if self.unknown_characters("\n") else self.encode("\n")

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """All that `from_dict` needs, as JSON values."""

    @classmethod
    @abstractmethod
    def from_dict(cls, data: dict[str, Any]) -> "Tokenizer":
        """Rebuild a tokenizer from `to_dict`, without training.

        Raises:
            TokenizerError: the data is not what `to_dict` writes.
        """

    def _require_known(self, ids: Iterable[int]) -> list[int]:
        wanted = list(ids)
        size = self.vocabulary_size
        if wanted and not (min(wanted) >= 0 and max(wanted) < size):
            raise TokenizerError(
                "Ids must lie between 0 and {last}; {smallest} to {largest} were given. They "
                "probably come from a model with another tokenizer: use its own.",
                last=size - 1,
                smallest=min(wanted),
                largest=max(wanted),
            )
        return wanted

    @classmethod
    def _require_text(cls, text: str) -> None:
        if not text:
            raise TokenizerError(
                "The text is empty, so there is nothing to build a vocabulary from. "
                "Choose a text with at least a few sentences.",
                field="corpus",
            )

    @classmethod
    def _refuse_size(cls, vocabulary_size: int | None, reason: str) -> None:
        if vocabulary_size is not None:
            raise TokenizerError(
                "The vocabulary size {vocabulary_size} cannot be used: {reason}. Leave it out, "
                "or choose a tokenizer whose size is free, such as bpe.",
                field="tokenizer.vocabulary_size",
                vocabulary_size=vocabulary_size,
                reason=reason,
            )
