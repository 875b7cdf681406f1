"""One id for each distinct character of the text. Every character is kept, none is merged."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.sentences import N_, Sentence
from minigpt.tokenizers.base import Piece, Tokenizer

SHOWN_CHARACTERS = 5


class CharacterTokenizer(Tokenizer):
    """Ids follow the sorted order of the characters.

    >>> CharacterTokenizer.train("hello").encode("hole")
    [1, 3, 2, 0]
    """

    kind: ClassVar[str] = "character"
    title: ClassVar[str] = N_("Characters")
    description: ClassVar[str] = N_(
        "Each distinct character of the text is a token. The vocabulary stays tiny and easy to "
        "follow, but sequences are long and characters that the text lacks cannot be used later."
    )

    is_by_character: ClassVar[bool] = True

    def __init__(self, characters: Sequence[str]) -> None:
        self._characters = tuple(characters)
        self._id_of = {character: index for index, character in enumerate(self._characters)}

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "CharacterTokenizer":
        """Give each distinct character of the text an id, in sorted order.

        Raises:
            TokenizerError: the text is empty, or a size is given.
        """
        cls._refuse_size(vocabulary_size, Sentence("there are as many ids as distinct characters"))
        cls._require_text(text)
        return cls(sorted(set(text)))

    @property
    def vocabulary(self) -> Sequence[str]:
        """The characters, in id order."""
        return self._characters

    def encode(self, text: str) -> list[int]:
        """Turn each character into its id.

        Raises:
            TokenizerError: a character did not occur in the training text.
        """
        try:
            return [self._id_of[character] for character in text]
        except KeyError:
            raise TokenizerError(self._unknown_message(text)) from None

    def decode(self, ids: Iterable[int]) -> str:
        """Turn each id into its character.

        Raises:
            TokenizerError: an id is outside the vocabulary.
        """
        return "".join(self._characters[index] for index in self._require_known(ids))

    def pieces(self, text: str) -> list[Piece]:
        """Show each character with its id; the unknown ones have none."""
        known = self._id_of
        return [
            Piece(known.get(character), character, character not in known) for character in text
        ]

    def unknown_characters(self, text: str) -> list[str]:
        """List the characters that the training text lacked."""
        return sorted(set(text) - self._id_of.keys())

    def to_dict(self) -> dict[str, Any]:
        """The kind and the characters in id order."""
        return {"kind": self.kind, "characters": list(self._characters)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "CharacterTokenizer":
        """Rebuild from `to_dict`.

        Raises:
            TokenizerError: the data does not list distinct single characters.
        """
        characters = data.get("characters")
        if not isinstance(characters, list) or not all(
            isinstance(character, str) and len(character) == 1 for character in characters
        ):
            raise TokenizerError(
                "This saved character tokenizer is damaged: it must list its characters. "
                "Use the file as the training run wrote it."
            )
        if not characters or len(set(characters)) < len(characters):
            raise TokenizerError(
                "This saved character tokenizer is damaged: it lists no character, or one twice. "
                "Use the file as the training run wrote it."
            )
        return cls(characters)

    def _unknown_message(self, text: str) -> str:
        unknown = self.unknown_characters(text)
        shown = ", ".join(repr(character) for character in unknown[:SHOWN_CHARACTERS])
        left = len(unknown) - SHOWN_CHARACTERS
        if left > 0:
            return Sentence(
                "This model has never seen {shown} and {left} more. It knows the {known} "
                "characters of the text it was trained on; leave the others out.",
                shown=shown,
                left=left,
                known=len(self._characters),
            )
        return Sentence(
            "This model has never seen {shown}. It knows the {known} characters of the text "
            "it was trained on; leave the others out.",
            shown=shown,
            known=len(self._characters),
        )
