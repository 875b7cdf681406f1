"""The tokenizer of a model that was trained elsewhere, exactly as it was saved there."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.sentences import N_
from minigpt.tokenizers.base import Piece, Tokenizer


class ImportedTokenizer(Tokenizer):
    """Wraps a tokenizer.json of the `tokenizers` library; cannot be trained.

    Decoding gives back the text exactly where tokens are bytes, as GPT-2's are. Tokenizers that
    change the text before they cut it, to lower case for example, give back what they cut.
    """

    kind: ClassVar[str] = "imported"
    title: ClassVar[str] = N_("Imported")
    description: ClassVar[str] = N_(
        "The tokenizer that an imported model was trained with. Each id means to a model what it "
        "meant in training, so a model can only be used with its own."
    )

    def __init__(self, library_form: str, *, vocabulary_size: int | None = None) -> None:
        """Read the library's JSON.

        Args:
            library_form: The content of a tokenizer.json.
            vocabulary_size: How many ids the model has, where that is more than the tokenizer
                uses; the ids beyond stand for nothing.

        Raises:
            TokenizerError: it cannot be read, or has ids that the model lacks.
        """
        # Loaded on first use: the library takes longer to import than all of this package.
        from minigpt.tokenizers.imported_library import LibraryFile

        self._library = LibraryFile.read(library_form)
        self._library_form = library_form
        self._vocabulary = self._library.readable(vocabulary_size)

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "ImportedTokenizer":
        """Refuse: it comes with a model.

        Raises:
            TokenizerError: always.
        """
        raise TokenizerError(
            "An imported tokenizer comes with an imported model and cannot be learnt from a text. "
            "Choose another one, such as bpe.",
            field="tokenizer.kind",
        )

    @property
    def vocabulary(self) -> Sequence[str]:
        """The tokens as text, in id order; ids that stand for nothing read like <unused 7>."""
        return self._vocabulary

    def encode(self, text: str) -> list[int]:
        """Turn a text into ids, without marks for its beginning or end.

        Raises:
            TokenizerError: the text holds something that this tokenizer refuses.
        """
        found = self._library.encode(text)
        if found is None:
            unknown = ", ".join(map(repr, self.unknown_characters(text)[:5]))
            raise TokenizerError(
                "This model's tokenizer has no token for {unknown}. Leave that out.",
                unknown=unknown,
            )
        return found.ids

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids back into text; ids that stand for nothing give none.

        Raises:
            TokenizerError: an id is outside the vocabulary.
        """
        return self._library.decode(self._require_known(ids))

    def pieces(self, text: str) -> list[Piece]:
        """Show how a text is cut; what the tokenizer drops has no id."""
        if (found := self._library.encode(text)) is None:
            return self._pieces_of_refused(text)
        if self._library.is_byte_level:
            return [Piece(index, self._vocabulary[index]) for index in found.ids]
        pieces: list[Piece] = []
        end = 0
        for index, (start, stop) in zip(found.ids, found.spans, strict=True):
            pieces += _dropped(text[end:start])
            is_unknown = index == self._library.unknown_id
            pieces.append(Piece(index, text[max(start, end) : stop], is_unknown))
            end = max(end, stop)
        return pieces + _dropped(text[end:])

    def unknown_characters(self, text: str) -> list[str]:
        """List what of a text has no token: characters, or words where tokens are words."""
        return sorted({piece.text for piece in self.pieces(text) if piece.is_unknown})

    def to_dict(self) -> dict[str, Any]:
        """The kind, the library's JSON as it was found, and the number of ids."""
        return {
            "kind": self.kind,
            "library_form": self._library_form,
            "vocabulary_size": self.vocabulary_size,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "ImportedTokenizer":
        """Rebuild from `to_dict`.

        Raises:
            TokenizerError: the data is not what `to_dict` writes.
        """
        form, size = data.get("library_form"), data.get("vocabulary_size")
        if data.get("kind") != cls.kind or not isinstance(form, str) or not isinstance(size, int):
            raise TokenizerError(
                "This saved imported tokenizer is damaged: its vocabulary is missing. "
                "Import the model again."
            )
        return cls(form, vocabulary_size=size)

    def _pieces_of_refused(self, text: str) -> list[Piece]:
        refused = {character for character in set(text) if self._library.encode(character) is None}
        if not refused:
            return [Piece(None, text, is_unknown=True)]
        pieces: list[Piece] = []
        for is_refused, stretch in groupby(text, key=refused.__contains__):
            if is_refused:
                pieces += [Piece(None, character, is_unknown=True) for character in stretch]
            else:
                pieces += self.pieces("".join(stretch))
        return pieces


def _dropped(stretch: str) -> list[Piece]:
    # Gaps between words may go unsaid; anything else that is left out is lost.
    return [Piece(None, stretch, is_unknown=not stretch.isspace())] if stretch else []
