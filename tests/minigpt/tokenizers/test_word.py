import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigpt.errors import TokenizerError
from minigpt.tokenizers.word import RESERVED, WordTokenizer


def texts(tokenizer, text):
    return [tokenizer.vocabulary[index] for index in tokenizer.encode(text)]


def test_a_sentence_costs_one_token_a_word():
    tokenizer = WordTokenizer.train("hello my name is Ada\nhello train")
    assert texts(tokenizer, "hello my name is Ada") == ["hello", "my", "name", "is", "Ada"]
    assert tokenizer.vocabulary == (*RESERVED, "Ada", "hello", "is", "my", "name", "train")


def test_a_word_has_the_same_id_wherever_it_stands():
    tokenizer = WordTokenizer.train("the name\nname (name) 'name")
    assert texts(tokenizer, "the name\nname").count("name") == 2


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a, b", ["a", ",", "b"]),
        ("a,b", ["a", ",", "<join>", "b"]),
        ("a , b", ["a", " ", ",", "b"]),
        ("a  b", ["a", "  ", "b"]),
        ("a\nb", ["a", "\n", "b"]),
        ("a\n\nb", ["a", "\n", "\n", "b"]),
        ("a \n b", ["a", " ", "\n", " ", "b"]),
        (" a ", [" ", "a", " "]),
        ("a\tb", ["a", "\t", "b"]),
        ("don't 'a'", ["don't", " ", "'", "<join>", "a", "'"]),
        ("(a)", ["(", "<join>", "a", ")"]),
    ],
)
def test_only_gaps_that_are_not_implied_take_a_token(text, tokens):
    tokenizer = WordTokenizer.train(text)
    assert texts(tokenizer, text) == tokens
    assert tokenizer.decode(tokenizer.encode(text)) == text


@settings(max_examples=200, deadline=None, database=None)
@given(st.text(st.sampled_from("ab'’,(. \n\t\u3000_1é\u0301")))
def test_any_text_it_was_trained_on_comes_back(text):
    tokenizer = WordTokenizer.train(text or "a")
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_the_unknown_is_shown_as_such():
    tokenizer = WordTokenizer.train("my name is what")
    assert tokenizer.decode(tokenizer.encode("my zebra is €")) == "my <unk> is <unk>"
    assert tokenizer.unknown_characters("my zebra is €zebra") == ["zebra", "€"]
    assert [
        (piece.id, piece.text) for piece in tokenizer.pieces("my zebra") if piece.is_unknown
    ] == [(0, " zebra")]


def test_text_cannot_imitate_the_reserved_names():
    tokenizer = WordTokenizer.train("a <unk> b <join> c")
    assert not {0, 1} & set(tokenizer.encode("<unk>")[::2])
    assert tokenizer.decode(tokenizer.encode("a <unk> b <join> c")) == "a <unk> b <join> c"


def test_tiny_shakespeare_in_words(shakespeare):
    tokenizer = WordTokenizer.train(shakespeare)
    assert texts(tokenizer, "First Citizen:\nBefore we proceed") == [
        "First", "Citizen", ":", "\n", "Before", "we", "proceed",
    ]  # fmt: skip
    assert tokenizer.decode(tokenizer.encode(shakespeare)) == shakespeare


@pytest.mark.parametrize(
    "tokens",
    [None, [], ["a"], [*RESERVED, "a", "a"], [*RESERVED, ""], [*RESERVED, 3], [*RESERVED[::-1]]],
)
def test_damaged_words_are_refused(tokens):
    with pytest.raises(TokenizerError, match="damaged"):
        WordTokenizer.from_dict({"kind": "word", "tokens": tokens})
