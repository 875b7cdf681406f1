"""Text to tokens: the alphabet of a text, ids both ways, and kinds of tokens beside each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from minigpt.corpora.builtin import read_sentences
from minigpt.lessons.excerpts import CHARACTERS
from minigpt.lessons.snippet import Snippet
from minigpt.tokenizers import TOKENIZERS
from minigpt.tokenizers.character import CharacterTokenizer

SHOWN = 200
"""Characters of a text's beginning."""
KINDS = ("word", "bpe", "character", "byte")
"""Of tokens that are compared, from large ones to small ones."""


@dataclass(frozen=True, kw_only=True)
class Alphabet:
    """The different characters of a text; the place of each is its id."""

    characters: tuple[str, ...]
    length: int
    """Of the text, in characters."""
    opening: str
    """How it begins."""


ALPHABET = Snippet(
    """
from minigpt.corpora import load_corpus

text = load_corpus($corpus).text
length = len(text)
characters = tuple(sorted(set(text)))
opening = text[:200]
""",
    ("length", "characters", "opening"),
)


def alphabet(text: str) -> Alphabet:
    """The characters that a text is made of, sorted as a character tokenizer numbers them."""
    characters = tuple(CharacterTokenizer.train(text).vocabulary)
    return Alphabet(characters=characters, length=len(text), opening=text[:SHOWN])


@dataclass(frozen=True, kw_only=True)
class EncodedLetters:
    """A text of Shakespeare's characters and its ids; others are left out and named."""

    text: str
    ids: tuple[int, ...]
    unknown: tuple[str, ...]

    @property
    def different(self) -> int:
        """How many different ids there are."""
        return len(set(self.ids))


ENCODED = Snippet(
    """
import string

characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)
id_of = {character: number for number, character in enumerate(characters)}
ids = tuple(id_of[character] for character in $text if character in id_of)
text = "".join(characters[number] for number in ids)
""",
    ("ids", "text"),
)


def encode_text(text: str) -> EncodedLetters:
    """The ids of a text with the alphabet of tiny Shakespeare."""
    tokenizer = CharacterTokenizer(list(CHARACTERS))
    unknown = tuple(tokenizer.unknown_characters(text))
    known = "".join(character for character in text if character not in unknown)
    ids = tuple(tokenizer.encode(known))
    return EncodedLetters(text=tokenizer.decode(ids), ids=ids, unknown=unknown)


@dataclass(frozen=True, kw_only=True)
class DecodedIds:
    """Ids that somebody typed, and the text that they stand for."""

    ids: tuple[int, ...]
    text: str
    refused: tuple[str, ...]
    """What was typed and is no id of this alphabet."""


DECODED = Snippet(
    """
import string

characters = sorted("\\n !$$&',-.3:;?" + string.ascii_letters)
ids = tuple(int(number) for number in $typed.split())
text = "".join(characters[number] for number in ids)
""",
    ("ids", "text"),
)


def decode_typed(typed: str) -> DecodedIds:
    """Turn numbers, with spaces or commas between them, back into text."""
    words = typed.replace(",", " ").split()
    known = [word for word in words if _is_id(word)]
    ids = tuple(map(int, known))
    text = CharacterTokenizer(list(CHARACTERS)).decode(ids)
    refused = tuple(word for word in words if word not in known)
    return DecodedIds(ids=ids, text=text, refused=refused)


def _is_id(word: str) -> bool:
    # Digits of other scripts would pass `isdigit` alone.
    return word.isascii() and word.isdigit() and len(word) < 4 and int(word) < len(CHARACTERS)


@dataclass(frozen=True, kw_only=True)
class KindOfToken:
    """One way of cutting a sentence, with a vocabulary learnt from another text."""

    kind: str
    pieces: tuple[str, ...]
    vocabulary_size: int
    unknown: tuple[str, ...]
    """Pieces that it has no id for."""


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """The same sentence in each kind of tokens."""

    kinds: tuple[KindOfToken, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """How many tokens each kind needs."""
        return tuple(len(kind.pieces) for kind in self.kinds)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many different tokens each kind knows."""
        return tuple(kind.vocabulary_size for kind in self.kinds)

    def of(self, name: str) -> KindOfToken:
        """The kind of that name."""
        return next(kind for kind in self.kinds if kind.kind == name)


KINDS_OF_TOKENS = Snippet(
    """
from minigpt.corpora import load_corpus
from minigpt.tokenizers import TOKENIZERS

learnt_from = load_corpus("sentences").text
tokenizers = [TOKENIZERS[kind].train(learnt_from) for kind in ("word", "bpe", "character", "byte")]
counts = tuple(len(tokenizer.pieces($sentence)) for tokenizer in tokenizers)
sizes = tuple(tokenizer.vocabulary_size for tokenizer in tokenizers)
""",
    ("counts", "sizes"),
)


def kinds_of_tokens(sentence: str) -> Kinds:
    """Cut a sentence by tokenizers that have read the short sentences."""
    learnt_from = read_sentences()
    found = []
    for kind in KINDS:
        tokenizer = TOKENIZERS[kind].train(learnt_from)
        pieces = tokenizer.pieces(sentence)
        found.append(
            KindOfToken(
                kind=kind,
                pieces=tuple(piece.text for piece in pieces),
                vocabulary_size=tokenizer.vocabulary_size,
                unknown=tuple(piece.text for piece in pieces if piece.is_unknown),
            )
        )
    return Kinds(kinds=tuple(found))


@dataclass(frozen=True, kw_only=True)
class WholeText:
    """A text as one row of ids."""

    shape: tuple[int, ...]
    dtype: str
    first: tuple[int, ...]
    """The first thousand ids."""
    characters: Sequence[str]


WHOLE_TEXT = Snippet(
    """
import torch
from minigpt.corpora import load_corpus

text = load_corpus($corpus).text
characters = sorted(set(text))
id_of = {character: number for number, character in enumerate(characters)}
data = torch.tensor([id_of[character] for character in text], dtype=torch.long)
shape, dtype = tuple(data.shape), str(data.dtype)
first = tuple(data[:1000].tolist())
""",
    ("shape", "dtype", "first"),
)
FIRST = 1000


def whole_text(text: str) -> WholeText:
    """All of a text as a tensor of ids, of which the first thousand are shown."""
    tokenizer = CharacterTokenizer.train(text)
    data = torch.tensor(tokenizer.encode(text), dtype=torch.long)
    return WholeText(
        shape=tuple(data.shape),
        dtype=str(data.dtype),
        first=tuple(data[:FIRST].tolist()),
        characters=tuple(tokenizer.vocabulary),
    )
