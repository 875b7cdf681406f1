import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.character import CharacterTokenizer


def test_tiny_shakespeare_has_65_characters_in_sorted_order(shakespeare):
    tokenizer = CharacterTokenizer.train(shakespeare)
    assert tokenizer.vocabulary_size == 65
    assert "".join(tokenizer.vocabulary) == (
        "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    )


def test_known_ids_of_tiny_shakespeare(shakespeare):
    tokenizer = CharacterTokenizer.train(shakespeare)
    assert tokenizer.encode("hii there") == [46, 47, 47, 1, 58, 46, 43, 56, 43]
    assert tokenizer.decode([46, 47, 47, 1, 58, 46, 43, 56, 43]) == "hii there"
    assert tokenizer.encode(shakespeare[:9]) == [18, 47, 56, 57, 58, 1, 15, 47, 58]


def test_the_refusal_names_the_unknown_characters():
    tokenizer = CharacterTokenizer.train("hello")
    with pytest.raises(TokenizerError, match=r"'a', 'b', 'c', 'd', 'f' and 2 more.* 4 characters"):
        tokenizer.encode("abcdfghxo")
    with pytest.raises(TokenizerError, match=r"seen 'x'\."):
        tokenizer.encode("hx")


def test_unknown_characters_are_sorted_and_listed_once():
    assert CharacterTokenizer.train("hello").unknown_characters("zaaz hello") == [" ", "a", "z"]


def test_an_unknown_piece_has_no_id():
    known, unknown = CharacterTokenizer.train("hello").pieces("ox")
    assert (known.id, known.text, known.is_unknown) == (3, "o", False)
    assert (unknown.id, unknown.text, unknown.is_unknown) == (None, "x", True)


@pytest.mark.parametrize("characters", [None, "ab", ["ab"], [1], [], ["a", "a"], [""]])
def test_damaged_characters_are_refused(characters):
    with pytest.raises(TokenizerError, match="damaged"):
        CharacterTokenizer.from_dict({"kind": "character", "characters": characters})
