"""Our tokenizers as a tokenizer.json: the same ids for every text, the same text for all ids.

Python's regular expressions are rewritten so that the `tokenizers` library reads them alike:
engines disagree on what letters, digits and spaces are. Python's letters lack combining marks, its
spaces have the control characters 28 to 31. So each class of characters is written out.

The word tokenizer is put together from the parts that the library has. Two characters that are in
no token do what it has no part for. The joint stands for NO_SPACE: it is put between a word and the
mark before it. Texts that hold the joint themselves have it replaced by the stranger first; both
are marks without a token, so nothing changes.
"""

import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any

from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.tokenizers import Tokenizer, gpt2
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.subword import WORD
from minigpt.tokenizers.word import NO_SPACE, RESERVED, UNKNOWN, WordTokenizer

_CLASS = re.compile(r"\[(?:[^\]\\]|\\.)+\]|\\[wWsSdD]")
_SURROGATES = range(0xD800, 0xE000)


def written_out(pattern: str) -> str:
    r"""The pattern with every class of characters as a list of ranges.

    >>> print(written_out("[ab]|x"))
    [\x{61}-\x{62}]|x
    """
    return _CLASS.sub(lambda found: _ranges(found[0]), pattern)


@cache
def _ranges(character_class: str) -> str:
    runs = re.finditer(f"{character_class}+", _all_characters())
    ends = [(ord(run[0][0]), ord(run[0][-1])) for run in runs]
    written = "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in _whole(ends))
    return f"[{written}]"


def _whole(ends: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Cut in two what seems to run across the surrogates, which are no characters."""
    low, high = _SURROGATES.start - 1, _SURROGATES.stop
    return [
        part
        for first, last in ends
        for part in ([(first, low), (high, last)] if first <= low < last else [(first, last)])
    ]


@cache
def _all_characters() -> str:
    codes = chain(range(_SURROGATES.start), range(_SURROGATES.stop, sys.maxunicode + 1))
    return "".join(map(chr, codes))


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
    cut = pre_tokenizers.Split(Regex(written_out(WORD.pattern)), behavior="isolated")
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
    library.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    library.decoder = decoders.Fuse()
    return str(library.to_str())


def _word(data: dict[str, Any]) -> str:
    return str(word_library(data["tokens"]).to_str())


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
