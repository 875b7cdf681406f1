"""One id for each of the 256 values a byte can have, and the base of all byte-level tokenizers.

Their tokens are pieces of UTF-8, so no character is unknown to them.
"""

import re
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.sentences import N_, Sentence, abbreviate
from minigpt.tokenizers.base import Piece, Tokenizer

_SURROGATES = re.compile("[\ud800-\udfff]")


class ByteLevelTokenizer(Tokenizer):
    """Any text has ids, and decoding them gives back exactly that text.

    Ids that no text gives, such as half of a character, are decoded to the replacement
    character U+FFFD. Python strings may hold lone surrogates, which are no characters and
    have no UTF-8 form: these are refused.
    """

    def __init__(self, tokens: Sequence[bytes]) -> None:
        self._tokens = tuple(tokens)

    @abstractmethod
    def _encode_unicode(self, text: str) -> list[int]:
        """Turn a text without lone surrogates into ids."""

    @cached_property
    def _readable(self) -> tuple[str, ...]:
        return tuple(readable_bytes(token) for token in self._tokens)

    @property
    def vocabulary(self) -> Sequence[str]:
        """The tokens as text, in id order; parts of characters read like <0xC3>."""
        return self._readable

    @property
    def vocabulary_size(self) -> int:
        """How many distinct ids there are (V)."""
        return len(self._tokens)

    def encode(self, text: str) -> list[int]:
        """Turn a text into ids.

        Raises:
            TokenizerError: the text holds a lone surrogate, which is half of a character.
        """
        self._require_unicode(text)
        return self._encode_unicode(text)

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text; bytes that form no character become U+FFFD.

        Raises:
            TokenizerError: an id is outside the vocabulary.
        """
        data = b"".join([self._tokens[index] for index in self._require_known(ids)])
        return data.decode("utf-8", errors="replace")

    def pieces(self, text: str) -> list[Piece]:
        """Show the tokens of a text; lone surrogates are unknown."""
        pieces: list[Piece] = []
        end = 0
        for lone in _SURROGATES.finditer(text):
            pieces += self._known_pieces(text[end : lone.start()])
            pieces.append(Piece(None, lone[0], is_unknown=True))
            end = lone.end()
        return pieces + self._known_pieces(text[end:])

    def unknown_characters(self, text: str) -> list[str]:
        """List the lone surrogates of a text: nothing in any text that came as UTF-8."""
        return sorted(set(_SURROGATES.findall(text)))

    @classmethod
    def _require_unicode(cls, text: str) -> None:
        lone = _SURROGATES.search(text)
        if lone:
            raise TokenizerError(
                "Position {position} of the text holds U+{unit:04X}, half of a character that lost "
                "its other half, so it cannot be written as UTF-8. Remove it.",
                position=lone.start(),
                unit=ord(lone[0]),
            )

    def _known_pieces(self, text: str) -> list[Piece]:
        readable = self._readable
        return [Piece(index, readable[index]) for index in self._encode_unicode(text)]


def readable_bytes(data: bytes) -> str:
    """Show bytes as the text they are, or the part beyond ASCII in hexadecimal.

    >>> readable_bytes("é".encode()), readable_bytes("é".encode()[:1])
    ('é', '<0xC3>')
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return "".join(chr(byte) if byte < 0x80 else f"<0x{byte:02X}>" for byte in data)


class ByteTokenizer(ByteLevelTokenizer):
    """The id of a byte is its value.

    >>> ByteTokenizer().encode("é!")
    [195, 169, 33]
    """

    kind: ClassVar[str] = "byte"
    title: ClassVar[str] = N_("Bytes")
    description: ClassVar[str] = N_(
        "Each byte of the text in UTF-8 is a token: 256 of them write anything in any language. "
        "But sequences are long, and letters such as é or 字 take two to four tokens."
    )

    def __init__(self) -> None:
        super().__init__([bytes([value]) for value in range(256)])

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "ByteTokenizer":
        """Return the one byte tokenizer there is, whatever the text.

        Raises:
            TokenizerError: the text is empty, or a size is given.
        """
        cls._refuse_size(vocabulary_size, Sentence("there are exactly 256 bytes"))
        cls._require_text(text)
        return cls()

    def to_dict(self) -> dict[str, Any]:
        """The kind is all there is to it."""
        return {"kind": self.kind}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ByteTokenizer":
        """Rebuild from `to_dict`.

        Raises:
            TokenizerError: the data describes another kind of tokenizer.
        """
        if data.get("kind") != cls.kind:
            raise TokenizerError(
                "This saved tokenizer is of the kind {kind!r}, not {wanted!r}. Rebuild it with "
                "`tokenizer_from_dict`.",
                kind=abbreviate(data.get("kind")),
                wanted=cls.kind,
            )
        return cls()

    def _encode_unicode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))
