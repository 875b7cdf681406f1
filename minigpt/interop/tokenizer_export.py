"""Our tokenizers as a tokenizer.json: the same ids for every text, the same text for all ids."""

import json
from collections.abc import Callable
from typing import Any

from tokenizers import Regex, decoders, models, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.interop.patterns import written_out
from minigpt.interop.word_form import word_library
from minigpt.tokenizers import Tokenizer, gpt2
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.subword import WORD


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
            f"A tokenizer of the kind {tokenizer.kind!r} cannot be exported. "
            f"These can: {', '.join(FORMS)}."
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
