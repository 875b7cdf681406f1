import json
from contextlib import suppress

import pytest
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as LibraryTokenizer

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.imported_library import LARGEST_SIZE, LibraryFile


def byte_level(tokens=None, *, dropout=None, reads_bytes=True):
    tokens = list(byte_of_stand_in()) if tokens is None else tokens
    ids = {token: index for index, token in enumerate(tokens)}
    merges = [("a", "b")] if "ab" in tokens else []
    library = LibraryTokenizer(models.BPE(ids, merges, dropout=dropout))
    if reads_bytes:
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    return library


def reopened(library):
    return LibraryFile.read(library.to_str())


def test_bytes_are_recognised():
    file = reopened(byte_level())
    assert file.is_byte_level
    assert file.unknown_id is None


@pytest.mark.parametrize(
    "library",
    [
        byte_level(tokens=["a", "b"]),
        byte_level(reads_bytes=False),
        LibraryTokenizer(models.BPE({"a": 0}, [])),
    ],
    ids=["bytes are missing", "texts are not turned into bytes", "no decoder"],
)
def test_what_may_lose_bytes_is_not_mistaken_for_bytes(library):
    assert not reopened(library).is_byte_level


def test_a_change_of_case_is_still_bytes():
    library = byte_level()
    library.normalizer = normalizers.Lowercase()
    assert reopened(library).is_byte_level


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (models.WordLevel({"a": 0, "<unk>": 1}, unk_token="<unk>"), 1),
        (models.WordLevel({"a": 0}, unk_token="<unk>"), None),
        (models.WordPiece({"[UNK]": 0}, unk_token="[UNK]"), 0),
        (models.Unigram([("a", 0.0), ("?", -1.0)], unk_id=1), 1),
        (models.Unigram([("a", 0.0)]), None),
        (models.BPE({"a": 0}, []), None),
    ],
)
def test_the_unknown_token_is_found(model, expected):
    assert reopened(LibraryTokenizer(model)).unknown_id == expected


def test_texts_are_neither_cut_short_nor_filled_up():
    library = byte_level()
    library.enable_truncation(3)
    library.enable_padding(length=8)
    assert len(reopened(library).encode("abcde").ids) == 5


def test_equal_texts_get_equal_ids():
    library = byte_level([*byte_of_stand_in(), "ab"], dropout=0.5)
    file = reopened(library)
    assert {tuple(file.encode("ab" * 20).ids) for _ in range(20)} == {(256,) * 20}


def test_special_tokens_are_part_of_the_text():
    library = byte_level()
    library.add_special_tokens([AddedToken("<end> — é", special=True)])
    file = reopened(library)
    assert file.readable(None)[256] == "<end> — é"
    assert file.decode(file.encode("a<end> — éb").ids) == "a<end> — éb"


def test_gaps_between_ids_are_filled():
    form = json.loads(LibraryTokenizer(models.WordLevel({"a": 0}, unk_token="a")).to_str())
    form["model"]["vocab"]["b"] = 3
    file = LibraryFile.read(json.dumps(form))
    assert file.readable(None) == ("a", "<unused 1>", "<unused 2>", "b")
    assert len(file.readable(6)) == 6


def test_too_many_ids_are_refused_before_a_table_is_made():
    near = reopened(LibraryTokenizer(models.WordLevel({"a": 0}, unk_token="a")))
    far = json.loads(LibraryTokenizer(models.WordLevel({"a": 0}, unk_token="a")).to_str())
    far["model"]["vocab"]["a"] = 2**32 - 1
    with pytest.raises(TokenizerError, match="at most 1,000,000 tokens"):
        LibraryFile.read(json.dumps(far)).readable(None)
    with pytest.raises(TokenizerError, match="at most"):
        near.readable(LARGEST_SIZE + 1)


def test_an_empty_vocabulary_has_no_ids():
    assert reopened(LibraryTokenizer(models.BPE({}, []))).readable(None) == ()


@pytest.mark.parametrize("form", ["", "[]", "{}", "null", '{"model": {}}', "\x00", "[" * 100_000])
def test_what_the_library_cannot_read_is_refused(form):
    with pytest.raises(TokenizerError, match="cannot be read"):
        LibraryFile.read(form)


@pytest.mark.parametrize(
    "section", ["decoder", "pre_tokenizer", "normalizer", "added_tokens", "truncation", "model"]
)
def test_a_form_with_strange_values_is_read_or_refused(section):
    form = json.loads(byte_level().to_str())
    for value in (None, [], {}, "x", 3, {"type": "x"}):
        with suppress(TokenizerError):
            LibraryFile.read(json.dumps({**form, section: value}))
