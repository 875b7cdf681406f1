import pytest

from minigpt.corpora import load_corpus
from minigpt.errors import CorpusError, TokenizerError
from minigpt.tokenizers.bpe import BpeTokenizer
from tests.ui.harness import tiny_config
from ui.text_services import trained_tokenizer, training_tokens


def test_a_tokenizer_is_the_one_a_run_on_this_text_would_have():
    text = load_corpus("tiny-shakespeare").text
    expected = BpeTokenizer.train(text, vocabulary_size=270)
    assert trained_tokenizer("bpe", "tiny-shakespeare", 270).to_dict() == expected.to_dict()


def test_a_tokenizer_is_learnt_once():
    first = trained_tokenizer("character", "tiny-shakespeare")
    assert trained_tokenizer("character", "tiny-shakespeare") is first
    assert trained_tokenizer("word", "tiny-shakespeare") is not first


def test_training_tokens_are_counted_after_tokenizing():
    corpus = load_corpus("tiny-shakespeare")
    assert training_tokens(tiny_config(), corpus.name) == len(corpus.training_text)
    words = tiny_config(tokenizer__kind="word")
    expected = trained_tokenizer("word", corpus.name).encode(corpus.training_text)
    assert training_tokens(words, corpus.name) == len(expected)


def test_what_cannot_be_had_is_an_expected_failure():
    with pytest.raises(CorpusError, match="no text called"):
        trained_tokenizer("character", "gone")
    with pytest.raises(TokenizerError, match="size"):
        trained_tokenizer("character", "tiny-shakespeare", 100)
