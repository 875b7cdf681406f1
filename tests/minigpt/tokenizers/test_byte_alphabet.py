import pytest
from tokenizers import pre_tokenizers

from minigpt.tokenizers.byte_alphabet import byte_of_stand_in, token_bytes


def test_every_byte_has_one_stand_in():
    assert sorted(byte_of_stand_in().values()) == list(range(256))


def test_the_stand_ins_are_those_of_the_library():
    assert set(byte_of_stand_in()) == set(pre_tokenizers.ByteLevel.alphabet())


@pytest.mark.parametrize("text", ["a b\n", "é字😀", "\x00\x7f\xad\xa0"])
def test_they_stand_for_the_bytes_that_the_library_means(text):
    pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    ((written, _),) = pre_tokenizer.pre_tokenize_str(text)
    assert token_bytes(written) == text.encode("utf-8")


def test_the_order_is_that_of_gpt2():
    order = list(byte_of_stand_in().values())
    assert [order.index(ord(character)) for character in "!A \n"] == [0, 32, 220, 198]


def test_other_characters_stand_for_nothing():
    with pytest.raises(KeyError):
        token_bytes("字")
