"""Ways to cut a text into tokens. A new one is a new file and one line in TOKENIZERS.

base              the interface every tokenizer keeps
character         an id for each character
word              an id for each word
byte              an id for each byte
subword           byte-pair and unigram pieces of words
gpt2              GPT-2's own vocabulary
imported          the tokenizer of an imported model
byte_alphabet     the characters that stand for bytes
patterns          where words begin and end
known_parts       what of a tokenizer.json from elsewhere is run
subword_library   learning subwords with `tokenizers`
imported_library  a tokenizer.json with `tokenizers`
"""

from typing import Any

from minigpt.errors import TokenizerError
from minigpt.sentences import abbreviate
from minigpt.tokenizers.base import Piece as Piece
from minigpt.tokenizers.base import Tokenizer as Tokenizer
from minigpt.tokenizers.byte import ByteTokenizer
from minigpt.tokenizers.character import CharacterTokenizer
from minigpt.tokenizers.gpt2 import Gpt2Tokenizer
from minigpt.tokenizers.imported import ImportedTokenizer
from minigpt.tokenizers.subword import BpeTokenizer, UnigramTokenizer
from minigpt.tokenizers.word import WordTokenizer

TOKENIZERS: dict[str, type[Tokenizer]] = {
    CharacterTokenizer.kind: CharacterTokenizer,
    WordTokenizer.kind: WordTokenizer,
    ByteTokenizer.kind: ByteTokenizer,
    BpeTokenizer.kind: BpeTokenizer,
    UnigramTokenizer.kind: UnigramTokenizer,
    Gpt2Tokenizer.kind: Gpt2Tokenizer,
}
"""Those that a person can choose to train with."""

LOADABLE: dict[str, type[Tokenizer]] = {**TOKENIZERS, ImportedTokenizer.kind: ImportedTokenizer}
"""Those and the one that only comes with an imported model."""


def tokenizer_from_dict(data: dict[str, Any]) -> Tokenizer:
    """Rebuild whichever tokenizer `to_dict` described.

    Raises:
        TokenizerError: its kind is not in LOADABLE, or its data is damaged.
    """
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in LOADABLE:
        raise TokenizerError(
            "This run was made with a tokenizer called {kind!r}, which is unknown here. Known "
            "ones: {loadable}.",
            kind=abbreviate(kind),
            loadable=", ".join(LOADABLE),
        )
    tokenizer = LOADABLE[kind].from_dict(data)
    _require_letters(tokenizer)
    return tokenizer


def _require_letters(tokenizer: Tokenizer) -> None:
    """Refuse halves of characters (lone surrogates): JSON can carry them, no page or file can."""
    try:
        "".join(tokenizer.vocabulary).encode("utf-8")
    except UnicodeEncodeError as error:
        raise TokenizerError(
            "This saved {kind} tokenizer is damaged: it has half a character for a token. Use the "
            "file as the training run wrote it.",
            kind=tokenizer.kind,
        ) from error
