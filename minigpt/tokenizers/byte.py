"""One id for each of the 256 values a byte can have. Nothing is learnt from the text."""

from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte_level import ByteLevelTokenizer


class ByteTokenizer(ByteLevelTokenizer):
    """The id of a byte is its value.

    >>> ByteTokenizer().encode("é!")
    [195, 169, 33]
    """

    kind: ClassVar[str] = "byte"
    title: ClassVar[str] = "Bytes"
    lesson: ClassVar[str] = (
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
        cls._refuse_size(vocabulary_size, "there are exactly 256 bytes")
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
                f"This saved tokenizer is of the kind {data.get('kind')!r}, not {cls.kind!r}. "
                "Rebuild it with `tokenizer_from_dict`."
            )
        return cls()

    def _encode_unicode(self, text: str) -> list[int]:
        return list(text.encode("utf-8"))
