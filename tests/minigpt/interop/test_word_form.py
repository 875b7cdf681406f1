import pytest

from minigpt.errors import TokenizerError
from minigpt.interop.tokenizer_export import PRIVATE_USE, word_library
from minigpt.tokenizers.word import RESERVED, WordTokenizer


def library_and_ours(text):
    ours = WordTokenizer.train(text)
    return word_library(ours.vocabulary), ours


@pytest.mark.parametrize(
    "text", ["a (b) c", "it's 'a' b''c", "a  b\n c", "a.b", " a", "a ", "( a", "(a", "\na", "a-b"]
)
def test_joints_and_gaps_are_the_same(text):
    library, ours = library_and_ours(text)
    ids = ours.encode(text)
    assert library.encode(text).ids == ids
    assert library.decode(ids) == text


def test_unknown_words_are_the_unknown_token():
    library, _ = library_and_ours("a b.")
    assert library.encode("a c?").ids == [5, 0, 0]
    assert library.decode([5, 0, 0]) == "a <unk> <unk>"


def test_texts_cannot_imitate_the_joint():
    library, ours = library_and_ours("(a)")
    for code in PRIVATE_USE[:4]:
        text = f"({chr(code)}a{chr(code)} {chr(code)})"
        assert library.encode(text).ids == ours.encode(text)


def test_a_learnt_text_with_the_first_free_marks_takes_the_next():
    text = f"(a{chr(PRIVATE_USE[0])}a) {chr(PRIVATE_USE[2])}"
    library, ours = library_and_ours(text)
    assert library.encode(text).ids == ours.encode(text)
    assert library.decode(ours.encode(text)) == text


@pytest.mark.parametrize("token", ["two words", "a.", " a", "  \n", "a-b", "<pad>"])
def test_tokens_that_no_text_gives_are_refused(token):
    with pytest.raises(TokenizerError) as caught:
        word_library([*RESERVED, "a", token])
    assert repr(token) in caught.value.message
