"""Unigram: begins with many candidate tokens and drops those that the text misses least."""

from collections.abc import Iterator
from typing import Any, ClassVar

from minigpt.tokenizers.subword import SubwordTokenizer


class UnigramTokenizer(SubwordTokenizer):
    """Ids from 256 on are the learnt tokens, the most frequent first.

    Of all ways to cut a word, the most likely one is taken. The candidates are runs of bytes,
    so any text can be written.
    """

    kind: ClassVar[str] = "unigram"
    title: ClassVar[str] = "Unigram"
    lesson: ClassVar[str] = (
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
