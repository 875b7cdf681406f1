import pytest

from minigpt.corpora import add_text, load_corpus
from minigpt.errors import CorpusError, MiniGPTError, TokenizerError
from minigpt.tokenizers.subword import BpeTokenizer
from tests.ui.harness import made_run, tiny_config
from ui.services.texts import token_counts_of, trained_tokenizer, unknown_note


def test_a_tokenizer_is_the_one_a_run_on_this_text_would_have():
    text = load_corpus("tiny-shakespeare").text
    expected = BpeTokenizer.train(text, vocabulary_size=270)
    assert trained_tokenizer("bpe", "tiny-shakespeare", 270).to_dict() == expected.to_dict()


def test_a_tokenizer_is_learnt_once():
    first = trained_tokenizer("character", "tiny-shakespeare")
    assert trained_tokenizer("character", "tiny-shakespeare") is first
    assert trained_tokenizer("word", "tiny-shakespeare") is not first


def test_facts_are_those_of_the_text_under_the_runs_tokenizer():
    corpus = load_corpus("tiny-shakespeare")
    assert token_counts_of(tiny_config()).training_tokens == len(corpus.training_text)
    words = trained_tokenizer("word", corpus.name)
    known = token_counts_of(tiny_config(tokenizer__kind="word"))
    assert known.training_tokens == len(words.encode(corpus.training_text))
    assert known.vocabulary_size == words.vocabulary_size


def test_facts_of_a_run_with_the_weights_of_another_are_in_its_tokens():
    run = made_run()
    changes = {"start__kind": "fine_tune", "start__run": run.id, "corpus__name": "sentences"}
    known = token_counts_of(tiny_config(**changes))
    assert known.vocabulary_size == run.tokenizer().vocabulary_size


def test_a_large_file_that_was_changed_is_looked_at_again(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("one two three " * 100, encoding="utf-8")
    config = tiny_config(corpus__path=str(file))
    before = token_counts_of(config).training_tokens
    file.write_text("one two three " * 200, encoding="utf-8")
    assert token_counts_of(config).training_tokens > before


def test_what_a_model_does_not_know_is_told():
    run, strange = made_run(), add_text("Strange", "Ωmega, again and again.\n" * 30)
    assert "'Ω'" in unknown_note(run, strange.name)
    assert unknown_note(run, "tiny-shakespeare") is None


def test_what_cannot_be_had_is_an_expected_failure():
    with pytest.raises(CorpusError, match="no text called"):
        trained_tokenizer("character", "gone")
    with pytest.raises(TokenizerError, match="size"):
        trained_tokenizer("character", "tiny-shakespeare", 100)
    with pytest.raises(CorpusError):
        token_counts_of(tiny_config(corpus__name="gone"))
    with pytest.raises(MiniGPTError):
        unknown_note(made_run(steps=()), "tiny-shakespeare")
