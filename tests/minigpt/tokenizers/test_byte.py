import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte import ByteTokenizer


def test_ids_are_the_bytes_of_utf_8():
    tokenizer = ByteTokenizer.train("any text")
    assert tokenizer.vocabulary_size == 256
    assert tokenizer.encode("hi é 字") == [104, 105, 32, 195, 169, 32, 229, 173, 151]


def test_parts_of_characters_are_named():
    tokenizer = ByteTokenizer()
    assert [piece.text for piece in tokenizer.pieces("aé")] == ["a", "<0xC3>", "<0xA9>"]
    assert tokenizer.vocabulary[0xFF] == "<0xFF>"


def test_another_kind_is_refused():
    with pytest.raises(TokenizerError, match="'character', not 'byte'"):
        ByteTokenizer.from_dict({"kind": "character"})
