"""What every registered tokenizer promises. A new one is tested by being registered."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigpt.errors import TokenizerError
from minigpt.tokenizers import TOKENIZERS, Tokenizer, tokenizer_from_dict
from minigpt.tokenizers.word import RESERVED

BYTE_LEVEL = ["byte", "bpe", "unigram", "gpt2"]
HOSTILE = {
    "html": "<script>alert('x')</script>&amp;<!-- -->",
    "control characters": "".join(map(chr, range(32))) + "\x7f\x80\x9f",
    "right to left": "\u202eאבג العربية\u202c",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈e\u0301",
    "special tokens": "<|endoftext|><unk><s></s>[MASK]",
    "byte names": "<0xC3><0xA9>ĠĊé",
    "line ends": "\r\n\r\u2028\u2029\x85\x0b\x0c",
    "one word": "a" * 200_000,
    "one gap": " " * 199_999 + "b",
    "one accent": "é" * 100_000,
    "quotes": "'" * 100_000,
}
quick = settings(max_examples=40, deadline=None, database=None)
kinds = pytest.mark.parametrize("kind", TOKENIZERS)
byte_level_kinds = pytest.mark.parametrize("kind", BYTE_LEVEL)


@pytest.fixture(scope="module")
def built(small_gpt2, corpus):
    """Each tokenizer, trained on the small corpus."""
    return {kind: tokenizer.train(corpus) for kind, tokenizer in TOKENIZERS.items()}


@kinds
def test_the_registry_describes_the_class(kind):
    tokenizer = TOKENIZERS[kind]
    assert tokenizer.kind == kind
    assert tokenizer.title
    assert tokenizer.description.endswith(".")
    assert 60 < len(tokenizer.description) < 320


def test_titles_differ():
    assert len({tokenizer.title for tokenizer in TOKENIZERS.values()}) == len(TOKENIZERS)


@kinds
def test_the_whole_corpus_comes_back(kind, built, corpus):
    assert built[kind].decode(built[kind].encode(corpus)) == corpus


@kinds
@quick
@given(data=st.data())
def test_lines_of_the_corpus_in_any_order_come_back(kind, data, built, corpus):
    lines = corpus.splitlines(keepends=True)
    text = "".join(data.draw(st.lists(st.sampled_from(lines), max_size=8)))
    assert built[kind].decode(built[kind].encode(text)) == text


@kinds
@quick
@given(data=st.data())
def test_any_text_without_unknowns_comes_back(kind, data, built, corpus):
    part = st.tuples(st.integers(0, len(corpus)), st.integers(0, 30)).map(
        lambda span: corpus[span[0] : span[0] + span[1]]
    )
    text = "".join(data.draw(st.lists(part, max_size=5)))
    tokenizer = built[kind]
    if kind != "word":
        assert tokenizer.unknown_characters(text) == []
    if not tokenizer.unknown_characters(text):
        assert tokenizer.decode(tokenizer.encode(text)) == text


@byte_level_kinds
@quick
@given(text=st.text())
def test_any_text_at_all_comes_back_from_bytes(kind, text, built):
    assert built[kind].unknown_characters(text) == []
    assert built[kind].decode(built[kind].encode(text)) == text


@kinds
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_comes_back_or_is_named(kind, name, built):
    tokenizer, text = built[kind], HOSTILE[name]
    unknown = tokenizer.unknown_characters(text)
    assert not (unknown and kind in BYTE_LEVEL)
    if not unknown:
        assert tokenizer.decode(tokenizer.encode(text)) == text
    elif kind == "word":
        assert "<unk>" in tokenizer.decode(tokenizer.encode(text))
    else:
        with pytest.raises(TokenizerError) as caught:
            tokenizer.encode(text)
        assert repr(unknown[0]) in caught.value.message
        assert len(caught.value.message) < 300


@kinds
def test_hostile_text_can_be_learnt_from(kind, built):
    text = "\n".join(HOSTILE[name][:2_000] for name in HOSTILE)
    tokenizer = TOKENIZERS[kind].train(text)
    assert tokenizer.decode(tokenizer.encode(text)) == text


@kinds
@quick
@given(text=st.text())
def test_pieces_cover_any_text_and_flag_the_unknown(kind, text, built):
    tokenizer = built[kind]
    pieces = tokenizer.pieces(text)
    flagged = {piece.text.removeprefix(" ") or " " for piece in pieces if piece.is_unknown}
    assert flagged == {name.removeprefix(" ") or " " for name in tokenizer.unknown_characters(text)}
    if kind not in BYTE_LEVEL:
        assert "".join(piece.text for piece in pieces) == text
    if not flagged or kind == "word":
        assert [piece.id for piece in pieces] == tokenizer.encode(text)


@byte_level_kinds
@quick
@given(text=st.text(st.characters(max_codepoint=127)))
def test_pieces_of_plain_text_cover_it(kind, text, built):
    assert "".join(piece.text for piece in built[kind].pieces(text)) == text


@kinds
def test_pieces_read_as_in_the_vocabulary(kind, built, corpus):
    tokenizer = built[kind]
    for piece in tokenizer.pieces(corpus):
        assert piece.id is not None
        name = tokenizer.vocabulary[piece.id]
        assert piece.text in ((name, f" {name}", "") if kind == "word" else (name,))


@kinds
def test_ids_lie_in_the_vocabulary(kind, built, corpus):
    tokenizer = built[kind]
    assert len(tokenizer.vocabulary) == tokenizer.vocabulary_size
    ids = tokenizer.encode(corpus)
    assert 0 <= min(ids) <= max(ids) < tokenizer.vocabulary_size


@kinds
@pytest.mark.parametrize("beyond", [-1, 0, 10**30])
def test_an_id_outside_the_vocabulary_is_refused(kind, beyond, built):
    tokenizer = built[kind]
    wrong = beyond or tokenizer.vocabulary_size
    with pytest.raises(TokenizerError, match=str(wrong)):
        tokenizer.decode([0, wrong])


@kinds
def test_every_id_can_be_decoded(kind, built):
    tokenizer = built[kind]
    ids = list(range(tokenizer.vocabulary_size))
    random.Random(0).shuffle(ids)
    assert all(isinstance(tokenizer.decode([index]), str) for index in ids)
    assert tokenizer.decode(iter(ids)) == tokenizer.decode(ids)


@kinds
def test_the_empty_text_has_no_tokens(kind, built):
    tokenizer = built[kind]
    assert tokenizer.encode("") == []
    assert tokenizer.decode([]) == ""
    assert tokenizer.pieces("") == []
    assert tokenizer.unknown_characters("") == []


@kinds
def test_nothing_can_be_learnt_from_an_empty_text(kind, small_gpt2):
    with pytest.raises(TokenizerError) as caught:
        TOKENIZERS[kind].train("")
    assert caught.value.field == "corpus"


@kinds
def test_a_size_is_met_or_refused(kind, small_gpt2, shakespeare):
    text = shakespeare[:50_000]
    tokenizer = TOKENIZERS[kind]
    if tokenizer.default_vocabulary_size is None:
        with pytest.raises(TokenizerError, match="300") as caught:
            tokenizer.train(text, vocabulary_size=300)
        assert caught.value.field == "tokenizer.vocabulary_size"
    else:
        assert tokenizer.train(text, vocabulary_size=300).vocabulary_size == 300
        assert tokenizer.train(text).vocabulary_size == tokenizer.default_vocabulary_size


@kinds
def test_saved_and_loaded_it_is_the_same(kind, built, corpus):
    tokenizer = built[kind]
    saved = json.dumps(tokenizer.to_dict())
    loaded = tokenizer_from_dict(json.loads(saved))
    assert type(loaded) is type(tokenizer)
    assert loaded.vocabulary == tokenizer.vocabulary
    assert loaded.encode(corpus) == tokenizer.encode(corpus)
    assert json.dumps(loaded.to_dict()) == saved


@kinds
def test_changing_the_saved_form_changes_no_tokenizer(kind, built, corpus):
    tokenizer = built[kind]
    before = json.dumps(tokenizer.to_dict())
    for value in tokenizer.to_dict().values():
        if isinstance(value, list | dict):
            value.clear()
    assert json.dumps(tokenizer.to_dict()) == before


@kinds
def test_equal_texts_give_equal_tokenizers(kind, built, corpus):
    assert TOKENIZERS[kind].train(corpus).to_dict() == built[kind].to_dict()


@kinds
def test_a_saved_form_without_its_data_is_refused(kind, small_gpt2):
    with pytest.raises(TokenizerError, match="saved"):
        TOKENIZERS[kind].from_dict({})


@pytest.mark.parametrize("kind", ["morse", None, 3, ["character"]])
def test_an_unknown_kind_is_refused_with_the_known_ones(kind):
    with pytest.raises(TokenizerError, match="character, word, byte"):
        tokenizer_from_dict({"kind": kind})


@pytest.mark.parametrize(
    "saved",
    [
        {"kind": "character", "characters": ["a", "\udfff"]},
        {"kind": "word", "tokens": [*RESERVED, "a\ud800"]},
    ],
)
def test_half_a_character_is_no_token(saved):
    with pytest.raises(TokenizerError, match="half a character"):
        tokenizer_from_dict(saved)


@kinds
def test_one_tokenizer_serves_many_threads(kind, built, corpus):
    tokenizer: Tokenizer = built[kind]
    texts = [corpus[: 10 * length] if kind != "word" else corpus for length in range(40)]
    alone = [tokenizer.encode(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(tokenizer.encode, texts)) == alone


@kinds
def test_building_and_using_it_prints_nothing(kind, small_gpt2, corpus, capfd):
    tokenizer = TOKENIZERS[kind].train(corpus)
    tokenizer.decode(tokenizer.encode(corpus))
    assert capfd.readouterr() == ("", "")
