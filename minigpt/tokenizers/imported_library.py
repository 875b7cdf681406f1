"""A tokenizer.json in the hands of the `tokenizers` library; import it only where it is needed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import models

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte import readable_bytes
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in, token_bytes
from minigpt.tokenizers.known_parts import MOST_ENTRIES, LibraryPanic, call_library, known_form

LARGEST_SIZE = MOST_ENTRIES
MOST_IDS_PER_CHARACTER = 40
"""A character is four bytes at most; its longest compatible form has 33 (U+FDFA in NFKD)."""

PROBE = "\x00 \x7f"
"""Neither case nor Unicode forms change these, but only bytes can write them."""


@dataclass(frozen=True)
class EncodedText:
    """The tokens of a text."""

    ids: list[int]
    spans: list[tuple[int, int]]
    """From where to where in the text each token reaches, in characters."""


class LibraryFile:
    """What somebody else's tokenizer does, and what its tokens are."""

    def __init__(self, library: Any, form: dict[str, Any]) -> None:
        self._library = library
        self._token_of: dict[int, str] = {
            index: token for token, index in library.get_vocab().items()
        }
        self._writes_bytes = (form.get("decoder") or {}).get("type") == "ByteLevel"
        self.is_byte_level = self._writes_bytes and self._reads_bytes()
        """Whether tokens are runs of bytes and every byte has one, so that nothing is unknown."""
        self.unknown_id = None if self.is_byte_level else _unknown_id(library, form["model"])
        """The id that stands for whatever has no token; None if there is no such id."""

    @classmethod
    def read(cls, form: str) -> "LibraryFile":
        """Open the content of a tokenizer.json.

        Raises:
            TokenizerError: the library cannot read it, or it has parts that could harm.
        """
        try:
            # Without truncation and padding: encoding must keep the whole text.
            checked = known_form(form)
            library = call_library(LibraryTokenizer.from_str, checked)
            if isinstance(library.model, models.BPE):
                library.model.dropout = None  # equal texts have equal ids
            return cls(library, json.loads(checked))
        except TokenizerError:
            raise
        # The library raises plain Exception for everything.
        except Exception as error:
            raise TokenizerError(
                "This tokenizer cannot be read: {error}. Use the tokenizer.json as it was saved.",
                error=error,
            ) from error

    def readable(self, size: int | None) -> Sequence[str]:
        """The tokens as text in id order, filled up to `size` ids.

        Raises:
            TokenizerError: there are more ids than `size`, or too many for any model.
        """
        used = max(self._token_of, default=-1) + 1
        total = used if size is None else size
        if used > total:
            raise TokenizerError(
                "This tokenizer has ids up to {last}, but its model knows only {total} tokens. "
                "Use the tokenizer that was saved with the model.",
                last=used - 1,
                total=total,
            )
        if total > LARGEST_SIZE:
            raise TokenizerError(
                "This tokenizer has ids up to {last}; at most {largest_size:,} tokens can be "
                "imported. Choose a model with fewer.",
                last=total - 1,
                largest_size=LARGEST_SIZE,
            )
        return tuple(self._readable(index) for index in range(total))

    def encode(self, text: str) -> EncodedText | None:
        """The tokens of a text without marks around it; None where the library refuses it.

        Raises:
            TokenizerError: the library broke down, or made far more of the text than it is.
        """
        try:
            found = call_library(self._library.encode, text, add_special_tokens=False)
        except LibraryPanic as error:
            raise _broke_down(error) from error
        # As above; for lone surrogates it is Python itself that refuses.
        except Exception:
            return None
        if len(found) > MOST_IDS_PER_CHARACTER * (len(text) + 1):
            raise TokenizerError(
                "This model's tokenizer makes {ids:,} tokens of {characters:,} characters, which "
                "is too many to be right. Use another model.",
                ids=len(found),
                characters=len(text),
            )
        return EncodedText(found.ids, found.offsets)

    def decode(self, ids: list[int]) -> str:
        """The text of these ids.

        Raises:
            TokenizerError: the library broke down.
        """
        try:
            text: str = call_library(self._library.decode, ids, skip_special_tokens=False)
        except LibraryPanic as error:
            raise _broke_down(error) from error
        return text

    def _reads_bytes(self) -> bool:
        has_all = byte_of_stand_in().keys() <= set(self._token_of.values())
        # The alphabet alone proves nothing: texts must also be turned into it.
        seen = self.encode(PROBE)
        return has_all and seen is not None and self.decode(seen.ids).endswith(PROBE)

    def _readable(self, index: int) -> str:
        token = self._token_of.get(index)
        if token is None:
            return f"<unused {index}>"
        try:
            return readable_bytes(token_bytes(token)) if self._writes_bytes else token
        except KeyError:  # an added token, which is written as it is
            return token


def _broke_down(error: LibraryPanic) -> TokenizerError:
    return TokenizerError(
        "This model's tokenizer broke down: {error}. Use another model, or another text.",
        error=error,
    )


def _unknown_id(library: Any, model: dict[str, Any]) -> int | None:
    """Unigram models know it by its id, the others by its text."""
    if (index := model.get("unk_id")) is not None:
        return int(index)
    token = model.get("unk_token")
    return None if token is None else library.token_to_id(token)
