"""GPT-2's own byte-pair vocabulary, read by `tiktoken`. Nothing is learnt from the text."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from minigpt.downloads.limits import TransferLimits
from minigpt.downloads.verified import Download
from minigpt.errors import TokenizerError
from minigpt.sentences import N_, Sentence
from minigpt.tokenizers.byte import ByteLevelTokenizer
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in, token_bytes

GPT2_RANKS = Download(
    title=Sentence("GPT-2's vocabulary"),
    url="https://openaipublic.blob.core.windows.net/gpt-2/encodings/main/vocab.bpe",
    sha256="1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    file_name="tokenizers/1ce1664773c50f3e.ranks",
    limits=TransferLimits(total_seconds=60.0, max_bytes=2_000_000),
    alternatives=(
        Sentence(
            "Check the internet connection and try again, or choose the tokenizer bpe, which "
            "learns such a vocabulary from your text and needs no internet."
        )
    ),
    error=TokenizerError,
    field="tokenizer.kind",
)
END_OF_TEXT = "<|endoftext|>"

# GPT-2's words: contractions, letters, digits and marks, each with the space before it.
_WORDS = r"'(?:s|t|m|d|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


LONGEST_GAP = 100_000
_LONG_GAP = re.compile(rf"(?<!\s)\s{{{LONGEST_GAP},}}")


class Gpt2Tokenizer(ByteLevelTokenizer):
    """50,257 ids: the bytes, 50,000 merges in the order of learning, and the end of a text.

    The merges are downloaded when first needed and kept. The text "<|endoftext|>" is encoded
    like any other, so the last id appears only where code asks for it.
    """

    kind: ClassVar[str] = "gpt2"
    title: ClassVar[str] = N_("GPT-2")
    description: ClassVar[str] = N_(
        "The 50,257 tokens of OpenAI's GPT-2, learnt from eight million web pages. Sequences are "
        "short, but so large a vocabulary makes a small model mostly a table of tokens; it is "
        "downloaded once, about half a megabyte."
    )

    def __init__(
        self, tokens: Sequence[bytes], encode_words: Callable[[str], list[int]], *, sha256: str
    ) -> None:
        super().__init__(tokens)
        self._encode_words = encode_words
        self._sha256 = sha256

    @classmethod
    def load(cls, source: Download | None = None) -> "Gpt2Tokenizer":
        """Read the vocabulary from the cache or the web.

        Args:
            source: where the merges are; None for GPT-2's, at OpenAI.

        Raises:
            TokenizerError: it is neither cached nor to be had, or `tiktoken` is missing.
        """
        source = GPT2_RANKS if source is None else source
        ranks = _ranks(read_merges(source.read()))
        end = END_OF_TEXT.encode("ascii")
        return cls([*ranks, end], _words_encoder(ranks), sha256=source.sha256)

    @classmethod
    def train(cls, text: str, *, vocabulary_size: int | None = None) -> "Gpt2Tokenizer":
        """Return GPT-2's tokenizer, whatever the text.

        Raises:
            TokenizerError: the text is empty, a size is given, or see `load`.
        """
        cls._refuse_size(vocabulary_size, Sentence("GPT-2 has exactly 50,257 ids"))
        cls._require_text(text)
        return cls.load()

    def to_dict(self) -> dict[str, Any]:
        """The kind and the checksum of the merges, which `from_dict` reads or downloads again.

        The vocabulary itself, half a megabyte, would outweigh many of the models.
        """
        return {"kind": self.kind, "sha256": self._sha256}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Gpt2Tokenizer":
        """Rebuild from `to_dict`, with the merges from the cache or the web.

        Raises:
            TokenizerError: the data names other merges than GPT-2's, or see `load`.
        """
        if data.get("kind") != cls.kind or data.get("sha256") != GPT2_RANKS.sha256:
            raise TokenizerError(
                "This saved GPT-2 tokenizer is damaged: it does not name GPT-2's vocabulary. "
                "Use the file as the training run wrote it."
            )
        return cls.load()

    def _encode_unicode(self, text: str) -> list[int]:
        return self._encode_words(text)


def read_merges(data: bytes) -> list[tuple[str, str]]:
    """The pairs to merge, in the order of learning, written in stand-ins for bytes.

    Args:
        data: one "left right" a line, below a line of version.
    """
    pairs = (line.split(" ") for line in data.decode("utf-8").rstrip("\n").split("\n")[1:])
    return [(left, right) for left, right in pairs]


def _ranks(merges: list[tuple[str, str]]) -> dict[bytes, int]:
    """Number the bytes, then the merges."""
    ranks = {bytes([value]): rank for rank, value in enumerate(byte_of_stand_in().values())}
    for left, right in merges:
        ranks[token_bytes(left + right)] = len(ranks)
    return ranks


def _words_encoder(ranks: dict[bytes, int]) -> Callable[[str], list[int]]:
    try:
        # Loaded on first use: optional, and slower to import than all of this package.
        import tiktoken
    except ImportError as error:
        raise TokenizerError(
            "The GPT-2 tokenizer needs the package tiktoken, which is not installed. "
            "Install it with `pip install tiktoken`, or choose the tokenizer bpe.",
            field="tokenizer.kind",
        ) from error
    encoding = tiktoken.Encoding(
        "gpt2",
        pat_str=_WORDS,
        mergeable_ranks=ranks,
        special_tokens={END_OF_TEXT: len(ranks)},
    )

    def encode(text: str) -> list[int]:
        return [token for part in _without_long_gaps(text) for token in part_ids(part)]

    part_ids = encoding.encode_ordinary
    return encode


def _without_long_gaps(text: str) -> Iterator[str]:
    """The text, cut inside gaps so long that the library's search gives up and panics."""
    begin = 0
    for gap in _LONG_GAP.finditer(text):
        # The last blank belongs to the word after it.
        for end in range(gap.start() + LONGEST_GAP, gap.end() - 1, LONGEST_GAP):
            yield text[begin:end]
            begin = end
    yield text[begin:]
