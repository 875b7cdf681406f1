import json

import pytest

from minigpt.errors import TokenizerError
from minigpt.interop.tokenizer_export import library_form
from minigpt.interop.tokenizer_import import LARGEST_BYTES, read_tokenizer
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in

TEXT = "the hen  's <|endoftext|> é\n"


@pytest.fixture
def older(tmp_path):
    """vocab.json and merges.txt of 256 bytes, two merges and the end of a text."""
    tokens = [*byte_of_stand_in(), "he", "Ġt", "<|endoftext|>"]
    vocabulary = {token: index for index, token in enumerate(tokens)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\nh e\nĠ t\n", encoding="utf-8")
    return tmp_path


def test_tokenizer_json_is_read_as_it_is(bpe, tmp_path):
    form = library_form(bpe)
    (tmp_path / "tokenizer.json").write_text(form, encoding="utf-8")
    tokenizer = read_tokenizer(tmp_path, vocabulary_size=bpe.vocabulary_size)
    assert tokenizer.to_dict()["library_form"] == form
    assert tokenizer.encode(TEXT) == bpe.encode(TEXT)


def test_the_older_files_are_read(older):
    tokenizer = read_tokenizer(older, vocabulary_size=259)
    assert tokenizer.encode("the") == [tokenizer.encode("t")[0], 256]
    assert tokenizer.encode(" t<|endoftext|>") == [257, 258]
    assert tokenizer.decode(tokenizer.encode(TEXT)) == TEXT


def test_a_vocabulary_without_an_end_gets_none(older):
    path = older / "vocab.json"
    renamed = path.read_text(encoding="utf-8").replace("<|endoftext|>", "x" * 9)
    path.write_text(renamed, encoding="utf-8")
    tokenizer = read_tokenizer(older, vocabulary_size=259)
    assert tokenizer.vocabulary_size == 259
    assert len(tokenizer.encode("<|endoftext|>")) == 13


@pytest.mark.parametrize(("setting", "expected"), [(True, " t"), (False, "t"), (None, "t")])
def test_the_setting_for_a_space_in_front_is_kept(setting, expected, older):
    if setting is not None:
        (older / "tokenizer_config.json").write_text(
            json.dumps({"add_prefix_space": setting}), encoding="utf-8"
        )
    tokenizer = read_tokenizer(older, vocabulary_size=259)
    assert tokenizer.decode(tokenizer.encode("t")) == expected


def test_tokens_added_later_are_refused_with_the_fix(older):
    (older / "added_tokens.json").write_text('{"[PAD]": 259}', encoding="utf-8")
    with pytest.raises(TokenizerError, match=r"added_tokens\.json.*tokenizer\.json"):
        read_tokenizer(older, vocabulary_size=260)


@pytest.mark.parametrize("missing", ["vocab.json", "merges.txt"])
def test_half_of_a_tokenizer_is_none(missing, older):
    (older / missing).unlink()
    with pytest.raises(TokenizerError, match="There is no tokenizer"):
        read_tokenizer(older, vocabulary_size=259)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("vocab.json", b""),
        ("vocab.json", b'{"a": 0}'),
        ("vocab.json", b'{"a": -1}'),
        ("merges.txt", b"\xff\xfe"),
        ("merges.txt", b"#version: 0.2\nx\n"),
        ("merges.txt", b"#version: 0.2\nx y\n"),
        ("tokenizer_config.json", b"["),
        ("tokenizer.json", b""),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b"\xff"),
    ],
)
def test_damaged_files_are_refused(name, content, older):
    (older / name).write_bytes(content)
    with pytest.raises(TokenizerError):
        read_tokenizer(older, vocabulary_size=259)


@pytest.mark.parametrize("name", ["vocab.json", "merges.txt", "tokenizer.json"])
def test_files_of_endless_size_are_refused(name, older):
    with (older / name).open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)  # takes no room
    with pytest.raises(TokenizerError, match=f"at most {LARGEST_BYTES:,}"):
        read_tokenizer(older, vocabulary_size=259)


def test_ids_that_the_model_lacks_are_refused(older):
    with pytest.raises(TokenizerError, match="ids up to 258, but its model knows only 258"):
        read_tokenizer(older, vocabulary_size=258)
