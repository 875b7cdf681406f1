"""One id for each distinct word, punctuation mark and line break; one space goes unsaid.

A single space before a word is implied, so a sentence costs one token a word. Wherever the
text has another gap than the implied one, a token says so, and decoding stays exact.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

from minigpt.errors import TokenizerError
from minigpt.sentences import N_, Sentence
from minigpt.tokenizers.base import Piece, Tokenizer
from minigpt.tokenizers.patterns import JOINS_MARKS, UNKNOWN, units, word_cuts

NO_SPACE = "<join>"
"""Says that the space implied before the next word is absent."""
RESERVED = (UNKNOWN, NO_SPACE, " ", "\n")


class WordTokenizer(Tokenizer):
    """Ids begin with `RESERVED`, then follow the sorted order of the words.

    Decoding gives back the text exactly if all its words occurred in the training text.
    Other words are encoded as `<unk>` and come back as that.

    >>> tokenizer = WordTokenizer.train("my name is what")
    >>> tokenizer.encode("what is my age")
    [7, 4, 5, 0]
    >>> tokenizer.decode([7, 4, 5, 0])
    'what is my <unk>'
    """

    kind: ClassVar[str] = "word"
    title: ClassVar[str] = N_("Words")
    description: ClassVar[str] = N_(
        "Each distinct word or punctuation mark is a token. Sequences are short and every token "
        "means something, but the vocabulary grows large and a new word is only <unk>, unknown."
    )

    def __init__(self, tokens: Sequence[str], *, joins_marks: bool = True) -> None:
        """Take tokens in id order.

        Args:
            tokens: `RESERVED`, then words, marks and gaps.
            joins_marks: Whether accents and vowel signs that are characters of their own are
                parts of words, as in every tokenizer that is made today.
        """
        self.joins_marks = joins_marks
        self._tokens = tuple(tokens)
        self._id_of = {token: index for index, token in enumerate(self._tokens)}

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "WordTokenizer":
        """Give each distinct word, mark and odd gap of the text an id.

        Raises:
            TokenizerError: the text is empty, or a size is given.
        """
        cls._refuse_size(vocabulary_size, Sentence("there are as many ids as distinct words"))
        cls._require_text(text)
        found = {token for token, _ in _cut(text, joins_marks=True)}
        return cls([*RESERVED, *sorted(found - set(RESERVED))])

    @property
    def vocabulary(self) -> Sequence[str]:
        """The words, marks and gaps, in id order."""
        return self._tokens

    def encode(self, text: str) -> list[int]:
        """Turn each word into its id, unknown ones into that of `<unk>`; refuses nothing."""
        return [self._id_of.get(token, 0) for token, _ in self._cut(text)]

    def decode(self, ids: Iterable[int]) -> str:
        """Join the words again.

        Raises:
            TokenizerError: an id is outside the vocabulary.
        """
        written: list[str] = []
        glued = True
        for index in self._require_known(ids):
            token = self._tokens[index]
            if self._is_word[index] and not glued:
                written.append(" ")
            if token != NO_SPACE:
                written.append(token)
            glued = token == NO_SPACE or token.isspace()
        return "".join(written)

    def pieces(self, text: str) -> list[Piece]:
        """Show each word together with the space implied before it."""
        return [
            Piece(self._id_of.get(token, 0), shown, token not in self._id_of)
            for token, shown in self._cut(text)
        ]

    def unknown_characters(self, text: str) -> list[str]:
        """List the words, marks and gaps that the training text lacked."""
        return sorted({token for token, _ in self._cut(text)} - self._id_of.keys())

    def to_dict(self) -> dict[str, Any]:
        """The kind, the tokens in id order, and how texts are cut, unless as in old runs."""
        marks = {JOINS_MARKS: True} if self.joins_marks else {}
        return {"kind": self.kind, "tokens": list(self._tokens), **marks}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "WordTokenizer":
        """Rebuild from `to_dict`.

        Raises:
            TokenizerError: the data does not list distinct words after the reserved ones.
        """
        tokens = data.get("tokens")
        if (
            not isinstance(tokens, list)
            or not all(isinstance(token, str) and token for token in tokens)
            or tuple(tokens[: len(RESERVED)]) != RESERVED
            or len(set(tokens)) < len(tokens)
        ):
            raise TokenizerError(
                "This saved word tokenizer is damaged: it must list its words, each once. "
                "Use the file as the training run wrote it."
            )
        return cls(tokens, joins_marks=data.get(JOINS_MARKS) is True)

    @cached_property
    def _is_word(self) -> tuple[bool, ...]:
        is_word = re.compile(word_cuts(joins_marks=self.joins_marks).in_word).match
        return tuple(
            token == UNKNOWN or (token != NO_SPACE and is_word(token) is not None)
            for token in self._tokens
        )

    def _cut(self, text: str) -> Iterator[tuple[str, str]]:
        return _cut(text, joins_marks=self.joins_marks)


def _cut(text: str, *, joins_marks: bool) -> Iterator[tuple[str, str]]:
    """Yield each token with the stretch of text that it covers."""
    for match in units(joins_marks=joins_marks).finditer(text):
        gap, word = match.groups()
        if gap == "":
            yield NO_SPACE, ""
        yield word or match[0], match[0]
