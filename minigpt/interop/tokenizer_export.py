"""Our tokenizers as a tokenizer.json: the same ids for every text, the same text for all ids.

The word tokenizer is put together from the parts that the library has. Two characters that are in
no token do what it has no part for. The joint stands for NO_SPACE: it is put between a word and the
mark before it. Texts that hold the joint themselves have it replaced by the stranger first; both
are marks without a token, so nothing changes.
"""

import json
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.tokenizers import Tokenizer, gpt2
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.patterns import (
    CHARACTER,
    JOINS_MARKS,
    PRIVATE_USE,
    UNKNOWN,
    WordCuts,
    begins_word,
    dispensable_mark,
    word_cuts,
    written_out,
)
from minigpt.tokenizers.word import NO_SPACE, RESERVED, WordTokenizer


def word_library(tokens: Sequence[str], *, joins_marks: bool = True) -> Any:
    """The library's tokenizer that does what a word tokenizer with these tokens does.

    Args:
        tokens: Its tokens, in id order.
        joins_marks: Whether combining marks are parts of words to it.

    Raises:
        TokenizerError: a token is none that the word tokenizer would make of a text.
    """
    _require_own_tokens(tokens, joins_marks=joins_marks)
    cuts = word_cuts(joins_marks=joins_marks)
    taken = set(tokens)
    joint, stranger, before_word = islice((m for m in map(chr, PRIVATE_USE) if m not in taken), 3)
    ids = {joint if token == NO_SPACE else token: index for index, token in enumerate(tokens)}
    library = LibraryTokenizer(models.WordLevel(ids, unk_token=UNKNOWN))
    library.normalizer = _joining(cuts, joint, stranger)
    library.pre_tokenizer = _cutting(cuts)
    library.decoder = _writing(cuts, joint, before_word)
    return library


def _joining(cuts: WordCuts, joint: str, stranger: str) -> Any:
    return normalizers.Sequence(
        [normalizers.Replace(joint, stranger), normalizers.Replace(_regex(cuts.joint), joint)]
    )


def _cutting(cuts: WordCuts) -> Any:
    cut = pre_tokenizers.Split(_regex(cuts.word), behavior="isolated")
    # The implied space is still part of the word; every other space is a piece of its own.
    implied = pre_tokenizers.Split(_regex(cuts.implied_space), behavior="removed")
    return pre_tokenizers.Sequence([cut, implied])


def _writing(cuts: WordCuts, joint: str, before_word: str) -> Any:
    return decoders.Sequence(
        [
            decoders.Replace(_regex(begins_word(cuts.in_word)), before_word),
            decoders.Fuse(),
            decoders.Replace(_regex(dispensable_mark(joint, before_word)), ""),
            decoders.Replace(before_word, " "),
            decoders.Replace(joint, ""),
        ]
    )


def _regex(pattern: str) -> Any:
    return Regex(written_out(pattern))


def _require_own_tokens(tokens: Sequence[str], *, joins_marks: bool) -> None:
    tokenizer = WordTokenizer(tokens, joins_marks=joins_marks)
    foreign = [
        token
        for index, token in enumerate(tokens)
        if token not in RESERVED and tokenizer.encode(token) != [index]
    ]
    if foreign:
        raise TokenizerError(
            "This word tokenizer has the token {foreign!r}, which is no single word, mark or "
            "gap, so it cannot be exported. Use the file as the training run wrote it.",
            foreign=foreign[0],
        )


def library_form(tokenizer: Tokenizer) -> str:
    """The content of a tokenizer.json that does what the tokenizer does.

    Where ours refuses a character, the library raises an error. Texts with lone surrogates are
    the one exception to both: the library takes none.

    Raises:
        TokenizerError: it cannot be expressed exactly.
    """
    data = tokenizer.to_dict()
    if (build := FORMS.get(tokenizer.kind)) is None:
        raise TokenizerError(
            "A tokenizer of the kind {kind!r} cannot be exported. These can: {forms}.",
            kind=tokenizer.kind,
            forms=", ".join(FORMS),
        )
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise TokenizerError(
            "This tokenizer has tokens that are no Unicode, half of a character each, so it "
            "cannot be written down. Remove them from the text and train on it again."
        ) from error
    return build(data)


def _byte(_: dict[str, Any]) -> str:
    return _byte_level(models.BPE(byte_of_stand_in(), []), _as_stand_ins())


def _subword(data: dict[str, Any]) -> str:
    learnt = LibraryTokenizer.from_str(json.dumps(data["library_form"]))
    words = word_cuts(joins_marks=data.get(JOINS_MARKS) is True).subword
    cut = pre_tokenizers.Split(_regex(words), behavior="isolated")
    return _byte_level(learnt.model, pre_tokenizers.Sequence([cut, _as_stand_ins()]))


def _gpt2(_: dict[str, Any]) -> str:
    merges = gpt2.read_merges(gpt2.GPT2_RANKS.read())
    ids = {written: index for index, written in enumerate(byte_of_stand_in())}
    for left, right in merges:
        ids[left + right] = len(ids)
    # Listed, but reached by no merge: here too, a text that spells it is cut like any other.
    ids[gpt2.END_OF_TEXT] = len(ids)
    return _byte_level(models.BPE(ids, merges), pre_tokenizers.ByteLevel(add_prefix_space=False))


def _byte_level(model: Any, pre_tokenizer: Any) -> str:
    library = LibraryTokenizer(model)
    library.pre_tokenizer = pre_tokenizer
    library.decoder = decoders.ByteLevel()
    return str(library.to_str())


def _as_stand_ins() -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)


def _character(data: dict[str, Any]) -> str:
    ids = {character: index for index, character in enumerate(data["characters"])}
    # The name of an unknown token that is not in the vocabulary makes the library refuse.
    library = LibraryTokenizer(models.WordLevel(ids, unk_token="<unk>"))
    library.pre_tokenizer = pre_tokenizers.Split(Regex(CHARACTER), behavior="isolated")
    library.decoder = decoders.Fuse()
    return str(library.to_str())


def _word(data: dict[str, Any]) -> str:
    return str(word_library(data["tokens"], joins_marks=data.get(JOINS_MARKS) is True).to_str())


def _imported(data: dict[str, Any]) -> str:
    form: str = data["library_form"]
    return form


FORMS: dict[str, Callable[[dict[str, Any]], str]] = {
    "byte": _byte,
    "bpe": _subword,
    "unigram": _subword,
    "gpt2": _gpt2,
    "character": _character,
    "word": _word,
    "imported": _imported,
}
