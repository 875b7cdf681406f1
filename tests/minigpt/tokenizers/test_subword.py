import time
from string import ascii_letters

import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte import ByteTokenizer
from minigpt.tokenizers.subword import BpeTokenizer, UnigramTokenizer

both = pytest.mark.parametrize("tokenizer_class", [BpeTokenizer, UnigramTokenizer])


@both
@pytest.mark.parametrize("size", [-5, 0, 256, 65_537])
def test_an_impossible_size_is_refused_with_the_range(tokenizer_class, size):
    with pytest.raises(TokenizerError, match=rf"{size} ids .*257 to 65536") as caught:
        tokenizer_class.train("hello hello", vocabulary_size=size)
    assert caught.value.field == "tokenizer.vocabulary_size"


@both
def test_the_size_is_met_where_the_text_allows(tokenizer_class, shakespeare):
    text = shakespeare[:50_000]
    assert tokenizer_class.train(text, vocabulary_size=257).vocabulary_size == 257
    assert tokenizer_class.train("hello", vocabulary_size=512).vocabulary_size == 256


@both
def test_the_first_ids_are_the_bytes(tokenizer_class, corpus):
    tokenizer = tokenizer_class.train(corpus)
    assert tokenizer.vocabulary[:256] == ByteTokenizer().vocabulary
    assert tokenizer.vocabulary_size > 256


@both
def test_more_ids_make_sequences_shorter(tokenizer_class, shakespeare):
    text = shakespeare[:50_000]
    lengths = [
        len(tokenizer_class.train(text, vocabulary_size=size).encode(text))
        for size in (257, 300, 400)
    ]
    assert len(text) >= lengths[0] > lengths[1] > lengths[2]


@both
def test_tokens_do_not_cross_words(tokenizer_class):
    tokenizer = tokenizer_class.train("one two. one two.\none two. 12 12 12" * 20)
    pieces = [piece.text for piece in tokenizer.pieces("one two.\n12")]
    assert "".join(pieces) == "one two.\n12"
    assert all(len(piece.strip().split()) <= 1 for piece in pieces)
    assert not any("two." in piece or ".\n" in piece for piece in pieces)


@both
def test_of_a_long_text_words_from_everywhere_are_learnt(tokenizer_class, monkeypatch):
    early, late = ([f"{stem}{end}" for end in ascii_letters] * 20 for stem in ("alph", "omeg"))
    text = " ".join(early + late)
    monkeypatch.setattr(tokenizer_class, "learning_limit", len(text) // 5)
    learnt = tokenizer_class.train(text).vocabulary[256:]
    assert any("alph" in token for token in learnt)
    assert any("omeg" in token for token in learnt)


@both
def test_a_text_that_is_no_unicode_is_not_learnt_from(tokenizer_class):
    with pytest.raises(TokenizerError, match=r"U\+D800"):
        tokenizer_class.train("hello \ud800")


@both
def test_one_endless_word_is_learnt_in_time(tokenizer_class):
    text = "x" * 400_000
    start = time.process_time()
    tokenizer = tokenizer_class.train(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text
    # In one piece it takes minutes.
    assert time.process_time() - start < 20


@both
@pytest.mark.parametrize("library_form", [None, [], "text"])
def test_a_saved_form_must_hold_the_library_form(tokenizer_class, library_form):
    data = {"kind": tokenizer_class.kind, "library_form": library_form}
    with pytest.raises(TokenizerError, match="damaged"):
        tokenizer_class.from_dict(data)


def test_the_form_of_another_kind_is_refused(corpus):
    saved = BpeTokenizer.train(corpus).to_dict()
    with pytest.raises(TokenizerError, match="unigram"):
        UnigramTokenizer.from_dict(saved)


def test_the_example_of_wikipedia():
    tokenizer = BpeTokenizer.train("aaabdaaabac", vocabulary_size=256 + 3)
    assert tokenizer.vocabulary[256:] == ("aa", "ab", "aaab")
    assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert tokenizer.decode([258, 100, 258, 97, 99]) == "aaabdaaabac"


def test_a_pair_that_occurs_once_is_not_merged():
    assert BpeTokenizer.train("abcdef", vocabulary_size=300).vocabulary_size == 256


def test_the_first_merge_is_the_most_frequent_pair():
    assert BpeTokenizer.train("xyxyxy abc abc", vocabulary_size=257).vocabulary[256] == "xy"


def test_the_default_size_of_bpe(shakespeare):
    assert BpeTokenizer.train(shakespeare[:100_000]).vocabulary_size == 512


def test_stems_become_tokens_where_bpe_cuts_across_them():
    stems = [first + second for first in "bcdfghjklmnp" for second in ("alk", "ump", "est")]
    words = [stem + ending for stem in stems for ending in ("ing", "ed")]
    text = " ".join(words * 20)
    unigram = UnigramTokenizer.train(text, vocabulary_size=300)
    bpe = BpeTokenizer.train(text, vocabulary_size=300)
    assert unigram.pieces(" bumped")[0].text == " bump"
    assert bpe.pieces(" bumped")[0].text == " b"


def test_learnt_tokens_come_most_frequent_first(shakespeare):
    tokenizer = UnigramTokenizer.train(shakespeare[:50_000])
    vocabulary = tokenizer.to_dict()["library_form"]["model"]["vocab"]
    scores = [score for _, score in vocabulary[256:]]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_bytes_that_the_text_lacks_weigh_the_same():
    vocabulary = UnigramTokenizer.train("hello " * 50).to_dict()["library_form"]["model"]["vocab"]
    lacking = {score for token, score in vocabulary[:256] if token.isupper()}
    assert len(lacking) == 1
