"""The word tokenizer in the parts that the `tokenizers` library has.

Two characters that are in no token do what the library has no part for. The joint stands for
NO_SPACE: it is put between a word and the mark before it. Texts that hold the joint themselves
have it replaced by the stranger first; both are marks without a token, so nothing changes.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.interop.patterns import written_out
from minigpt.tokenizers.word import NO_SPACE, RESERVED, UNKNOWN, WordTokenizer

PRIVATE_USE = range(0xF0000, 0xFFFFE)
"""Code points without a meaning of their own; hardly any text has one."""
_CUT = r"(?:(?<=\S) )?\w+(?:['’]\w+)*|\n|[^\S\n]+|[^\w\s]"


def word_library(tokens: Sequence[str]) -> Any:
    """The library's tokenizer that does what a word tokenizer with these tokens does.

    Raises:
        TokenizerError: a token is none that the word tokenizer would make of a text.
    """
    _require_own_tokens(tokens)
    taken = set(tokens)
    joint, stranger, before_word = islice((m for m in map(chr, PRIVATE_USE) if m not in taken), 3)
    ids = {joint if token == NO_SPACE else token: index for index, token in enumerate(tokens)}
    library = LibraryTokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    library.normalizer = _joining(joint, stranger)
    library.pre_tokenizer = _cutting()
    library.decoder = _writing(joint, before_word)
    return library


def _joining(joint: str, stranger: str) -> Any:
    # A word that follows a mark, unless the mark is an apostrophe inside a word.
    at_joint = _regex(r"(?<=[^\w\s])(?<!\w['’])(?=\w)")
    return normalizers.Sequence(
        [normalizers.Replace(joint, stranger), normalizers.Replace(at_joint, joint)]
    )


def _cutting() -> Any:
    cut = pre_tokenizers.Split(_regex(_CUT), behavior="isolated")
    # The implied space is still part of the word; every other space is a piece of its own.
    implied = pre_tokenizers.Split(_regex(r"\A (?=\w)"), behavior="removed")
    return pre_tokenizers.Sequence([cut, implied])


def _writing(joint: str, before_word: str) -> Any:
    return decoders.Sequence(
        [
            decoders.Replace(_regex(rf"\A(?=\w|{UNKNOWN}\z)"), before_word),
            decoders.Fuse(),
            decoders.Replace(_regex(rf"(?:\A|(?<={joint})|(?<=\s)){before_word}"), ""),
            decoders.Replace(before_word, " "),
            decoders.Replace(joint, ""),
        ]
    )


def _regex(pattern: str) -> Any:
    return Regex(written_out(pattern))


def _require_own_tokens(tokens: Sequence[str]) -> None:
    tokenizer = WordTokenizer(tokens)
    foreign = [
        token
        for index, token in enumerate(tokens)
        if token not in RESERVED and tokenizer.encode(token) != [index]
    ]
    if foreign:
        raise TokenizerError(
            f"This word tokenizer has the token {foreign[0]!r}, which is no single word, mark or "
            "gap, so it cannot be exported. Use the file as the training run wrote it."
        )
