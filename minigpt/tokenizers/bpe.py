"""Byte-pair encoding: begins with bytes and makes the most frequent pair a token, repeatedly."""

from collections.abc import Iterator
from typing import Any, ClassVar

from minigpt.tokenizers.subword import SubwordTokenizer


class BpeTokenizer(SubwordTokenizer):
    """Ids from 256 on are the merges, in the order in which they were learnt.

    >>> BpeTokenizer.train("aaabdaaabac", vocabulary_size=259).encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    """

    kind: ClassVar[str] = "bpe"
    title: ClassVar[str] = "Byte-pair encoding"
    lesson: ClassVar[str] = (
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
