from minigpt.tokenizers.subword import BpeTokenizer, UnigramTokenizer


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
