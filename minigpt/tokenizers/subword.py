"""Tokenizers that learn pieces of words from a text: byte-pair encoding and unigram.

Byte-pair encoding begins with bytes and makes the most frequent pair a token, again and again.
Unigram begins with many candidates and drops those that the text misses least. The `tokenizers`
library learns and applies the tokens. Texts are cut into words here, so that each distinct word
reaches the library once, however often it occurs.
"""

import json
from abc import abstractmethod
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.sentences import N_
from minigpt.tokenizers.byte import ByteLevelTokenizer
from minigpt.tokenizers.patterns import JOINS_MARKS, word_cuts

SMALLEST_SIZE = 257
"""The 256 bytes and one token to learn."""
LARGEST_SIZE = 65_536
"""Beyond this a table of ids would dwarf the models that this package trains."""


class SubwordTokenizer(ByteLevelTokenizer):
    """Ids 0 to 255 are the bytes, as in the byte tokenizer; learnt tokens follow.

    Its saved form holds the `tokenizers` library's own JSON, so nothing is learnt twice.
    """

    learning_limit: ClassVar[int]
    """Of a longer text, in characters, an evenly spread part of the words is learnt from."""

    def __init__(self, library_form: str, *, joins_marks: bool = True) -> None:
        """Read the library's JSON.

        Args:
            library_form: What was learnt.
            joins_marks: Whether accents and vowel signs that are characters of their own are
                parts of words, as in every tokenizer that is made today.
        """
        # Loaded on first use: the library takes longer to import than all of this package.
        from minigpt.tokenizers.subword_library import open_model

        tokens, encode_word = open_model(library_form)
        super().__init__(tokens)
        self.joins_marks = joins_marks
        self._library_form = library_form
        self._words = word_cuts(joins_marks=joins_marks).compiled_subword
        self._encode_word: Callable[[str], list[int]] = encode_word

    @classmethod
    @abstractmethod
    def _learn(cls, words: Iterator[str], vocabulary_size: int) -> dict[str, Any]:
        """Return the library's JSON of a vocabulary learnt from words."""

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "SubwordTokenizer":
        """Learn tokens from a text. It cannot report progress: the library runs to its end.

        Args:
            text: the text to learn from; of one longer than `learning_limit`, a part.
            vocabulary_size: how many ids to make, the 256 bytes included; None for
                `default_vocabulary_size`. Fewer where the text repeats too little.

        Raises:
            TokenizerError: the text is empty or no Unicode, or the size is out of range.
        """
        chosen = cls.default_vocabulary_size if vocabulary_size is None else vocabulary_size
        size = _require_size(chosen)
        cls._require_text(text)
        cls._require_unicode(text)
        cut = word_cuts(joins_marks=True).compiled_subword
        stride = -(-len(text) // cls.learning_limit)
        words = islice((word[0] for word in cut.finditer(text)), 0, None, stride)
        return cls(json.dumps(cls._learn(words, size)))

    def to_dict(self) -> dict[str, Any]:
        """The kind, the library's JSON, and how texts are cut, unless as in old runs."""
        marks = {JOINS_MARKS: True} if self.joins_marks else {}
        return {"kind": self.kind, "library_form": json.loads(self._library_form), **marks}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "SubwordTokenizer":
        """Rebuild from `to_dict`.

        Raises:
            TokenizerError: the data is not the library's JSON of this kind of tokenizer.
        """
        library_form = data.get("library_form")
        if data.get("kind") != cls.kind or not isinstance(library_form, dict):
            raise TokenizerError(
                "This saved {kind} tokenizer is damaged: its vocabulary is missing. Use the "
                "file as the training run wrote it.",
                kind=cls.kind,
            )
        return cls(json.dumps(library_form), joins_marks=data.get(JOINS_MARKS) is True)

    def _encode_unicode(self, text: str) -> list[int]:
        ids_of: dict[str, list[int]] = {}
        ids: list[int] = []
        for match in self._words.finditer(text):
            word = match[0]
            if word not in ids_of:
                ids_of[word] = self._encode_word(word)
            ids += ids_of[word]
        return ids


def _require_size(size: int | None) -> int:
    if size is None or not SMALLEST_SIZE <= size <= LARGEST_SIZE:
        raise TokenizerError(
            "A vocabulary of {size} ids is impossible here: 256 are taken by the bytes and at "
            "least one must be learnt. Choose {smallest_size} to {largest_size}.",
            field="tokenizer.vocabulary_size",
            size=size,
            smallest_size=SMALLEST_SIZE,
            largest_size=LARGEST_SIZE,
        )
    return size


class BpeTokenizer(SubwordTokenizer):
    """Ids from 256 on are the merges, in the order in which they were learnt.

    >>> BpeTokenizer.train("aaabdaaabac", vocabulary_size=259).encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    """

    kind: ClassVar[str] = "bpe"
    title: ClassVar[str] = N_("Byte-pair encoding")
    description: ClassVar[str] = N_(
        "Frequent pairs of bytes are merged into tokens again and again, as GPT-2's were. Common "
        "words become one token and rare ones a few, so nothing is unknown; you choose how many "
        "tokens there are, and more of them make sequences shorter but the model larger."
    )
    default_vocabulary_size: ClassVar[int | None] = 512
    learning_limit: ClassVar[int] = 8_000_000

    @classmethod
    def _learn(cls, words: Iterator[str], vocabulary_size: int) -> dict[str, Any]:
        from minigpt.tokenizers.subword_library import learn_bpe

        return learn_bpe(words, vocabulary_size)


class UnigramTokenizer(SubwordTokenizer):
    """Ids from 256 on are the learnt tokens, the most frequent first.

    Of all ways to cut a word, the most likely one is taken. The candidates are runs of bytes,
    so any text can be written.
    """

    kind: ClassVar[str] = "unigram"
    title: ClassVar[str] = N_("Unigram")
    description: ClassVar[str] = N_(
        "Starts from very many candidate pieces and keeps those that make the text most likely. "
        "They often are stems and endings, where byte-pair encoding cuts across them, but learning "
        "them takes longer and sequences end up a little longer."
    )
    default_vocabulary_size: ClassVar[int | None] = 512
    learning_limit: ClassVar[int] = 2_000_000

    @classmethod
    def _learn(cls, words: Iterator[str], vocabulary_size: int) -> dict[str, Any]:
        from minigpt.tokenizers.subword_library import learn_unigram

        return learn_unigram(words, vocabulary_size)
