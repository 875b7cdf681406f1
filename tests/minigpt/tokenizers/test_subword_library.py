import json

import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.subword_library import learn_bpe, learn_unigram, open_model

WORDS = ["hello", " there", " theatre"] * 5


@pytest.fixture(params=[learn_bpe, learn_unigram], ids=["bpe", "unigram"])
def form(request):
    return request.param(iter(WORDS), 300)


def test_words_are_cut_into_the_tokens_of_the_form(form):
    tokens, encode_word = open_model(json.dumps(form))
    assert len(tokens) == len(form["model"]["vocab"])
    assert b"".join(tokens[index] for index in encode_word(" theatré")) == " theatré".encode()


def test_learning_again_gives_the_same_form(form):
    again = {"BPE": learn_bpe, "Unigram": learn_unigram}[form["model"]["type"]]
    assert again(iter(WORDS), 300) == form


@pytest.mark.parametrize(
    ("part", "value"), [("normalizer", {"type": "Lowercase"}), ("pre_tokenizer", None)]
)
def test_what_the_form_would_do_to_a_text_before_is_ignored(form, part, value):
    form[part] = value
    tokens, encode_word = open_model(json.dumps(form))
    assert b"".join(tokens[index] for index in encode_word(" THE")) == b" THE"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"model": {"type": "Morse"}}', '{"model": {"type": "BPE"}}']
)
def test_other_json_is_refused(text):
    with pytest.raises(TokenizerError, match="cannot be read"):
        open_model(text)


def test_a_merge_outside_the_vocabulary_is_refused():
    form = learn_bpe(iter(WORDS), 300)
    form["model"]["merges"].append(["x", "yz"])
    with pytest.raises(TokenizerError, match="cannot be read"):
        open_model(json.dumps(form))


def test_ids_with_gaps_are_refused():
    form = learn_bpe(iter(WORDS), 300)
    form["model"]["vocab"]["hello"] = 5_000
    with pytest.raises(TokenizerError, match="gaps"):
        open_model(json.dumps(form))


def test_a_vocabulary_without_all_bytes_is_refused():
    form = learn_unigram(iter(WORDS), 300)
    del form["model"]["vocab"][7]
    with pytest.raises(TokenizerError, match="bytes"):
        open_model(json.dumps(form))


def test_a_token_of_no_bytes_is_refused():
    form = learn_unigram(iter(WORDS), 300)
    form["model"]["vocab"][-1][0] = "字"
    with pytest.raises(TokenizerError, match="cannot be read"):
        open_model(json.dumps(form))
