import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as LibraryTokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors

from minigpt.errors import TokenizerError
from minigpt.tokenizers import LOADABLE, TOKENIZERS, Piece, tokenizer_from_dict
from minigpt.tokenizers.byte_alphabet import byte_of_stand_in
from minigpt.tokenizers.imported import ImportedTokenizer


def byte_pairs():
    """As GPT-2's, with marks for the beginning of a text that only others' code asks for."""
    tokens = [*byte_of_stand_in(), "he", "Ġt"]
    model = models.BPE(
        {token: index for index, token in enumerate(tokens)}, [("h", "e"), ("Ġ", "t")]
    )
    library = LibraryTokenizer(model)
    library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    library.decoder = decoders.ByteLevel()
    library.add_special_tokens(["<|endoftext|>"])
    library.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 258)]
    )
    return library


def word_pieces():
    """As BERT's: lower case, parts of words, and one token for everything unknown."""
    ids = {"[UNK]": 0, "the": 1, "train": 2, "##s": 3, ".": 4, "é": 5}
    library = LibraryTokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    library.normalizer = normalizers.Lowercase()
    library.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    library.decoder = decoders.WordPiece()
    return library


def unigram():
    """As T5's: spaces are written as a sign of their own."""
    scores = [("<unk>", 0.0), ("▁", -2.0), ("▁the", -1.0), ("t", -3.0), ("s", -3.0)]
    library = LibraryTokenizer(models.Unigram(scores, unk_id=0))
    library.pre_tokenizer = pre_tokenizers.Metaspace()
    library.decoder = decoders.Metaspace()
    return library


def strict_words():
    """Refuses what it does not know, because the name of its unknown token is no token."""
    library = LibraryTokenizer(models.WordLevel({"the": 0, "train": 1}, unk_token="?"))
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return library


def strict_characters():
    """The same for characters."""
    library = LibraryTokenizer(models.WordLevel({"a": 0, "b": 1}, unk_token="?"))
    library.pre_tokenizer = pre_tokenizers.Split("", behavior="isolated")
    library.decoder = decoders.Fuse()
    return library


KINDS = {
    "byte pairs": byte_pairs,
    "word pieces": word_pieces,
    "unigram": unigram,
    "strict words": strict_words,
    "strict characters": strict_characters,
}
kinds = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def built():
    return {kind: ImportedTokenizer(build().to_str()) for kind, build in KINDS.items()}


def test_it_can_be_loaded_but_not_chosen():
    assert ImportedTokenizer.kind in LOADABLE
    assert ImportedTokenizer.kind not in TOKENIZERS
    with pytest.raises(TokenizerError, match="cannot be learnt") as caught:
        ImportedTokenizer.train("text")
    assert caught.value.field == "tokenizer.kind"


def test_it_describes_itself():
    assert ImportedTokenizer.title
    assert 60 < len(ImportedTokenizer.description) < 320


@kinds
def test_saved_and_loaded_it_is_the_same(kind, built):
    tokenizer = built[kind]
    saved = json.dumps(tokenizer.to_dict())
    loaded = tokenizer_from_dict(json.loads(saved))
    assert isinstance(loaded, ImportedTokenizer)
    assert loaded.vocabulary == tokenizer.vocabulary
    assert json.dumps(loaded.to_dict()) == saved


@kinds
def test_the_library_form_is_kept_letter_by_letter(kind):
    form = KINDS[kind]().to_str(pretty=True)
    assert ImportedTokenizer(form).to_dict()["library_form"] == form


@kinds
@settings(max_examples=60)
@given(text=st.text(st.sampled_from("the trains.é \n") | st.characters(), max_size=30))
def test_pieces_name_what_is_unknown_and_agree_with_encode(kind, text, built):
    tokenizer = built[kind]
    pieces = tokenizer.pieces(text)
    unknown = tokenizer.unknown_characters(text)
    assert unknown == sorted({piece.text for piece in pieces if piece.is_unknown})
    if kind != "byte pairs":
        assert "".join(piece.text for piece in pieces) == text
    with suppress(TokenizerError):
        ids = tokenizer.encode(text)
        assert [piece.id for piece in pieces if piece.id is not None] == ids
        assert 0 <= min(ids, default=0) <= max(ids, default=0) < tokenizer.vocabulary_size
        return
    with pytest.raises(TokenizerError) as caught:
        tokenizer.encode(text)
    assert repr(unknown[0]) in caught.value.message


@settings(max_examples=60)
@given(text=st.text())
def test_any_text_comes_back_from_bytes(text, built):
    tokenizer = built["byte pairs"]
    assert tokenizer.unknown_characters(text) == []
    assert tokenizer.decode(tokenizer.encode(text)) == text


@kinds
def test_the_empty_text_has_no_tokens(kind, built):
    tokenizer = built[kind]
    assert tokenizer.encode("") == tokenizer.pieces("") == tokenizer.unknown_characters("") == []
    assert tokenizer.decode([]) == ""


@kinds
def test_every_id_can_be_decoded_and_no_other(kind, built):
    tokenizer = built[kind]
    assert len(tokenizer.vocabulary) == tokenizer.vocabulary_size
    assert isinstance(tokenizer.decode(range(tokenizer.vocabulary_size)), str)
    for wrong in (-1, tokenizer.vocabulary_size, 10**30):
        with pytest.raises(TokenizerError, match=str(wrong)):
            tokenizer.decode([0, wrong])


def test_bytes_read_as_in_our_own_tokenizers(built):
    assert built["byte pairs"].pieces("the é<|endoftext|>") == [
        Piece(byte_pairs().token_to_id("t"), "t"),
        Piece(256, "he"),
        Piece(byte_pairs().token_to_id("Ġ"), " "),
        Piece(byte_pairs().token_to_id("Ã"), "<0xC3>"),
        Piece(byte_pairs().token_to_id("©"), "<0xA9>"),
        Piece(258, "<|endoftext|>"),
    ]


def test_marks_around_a_text_are_left_out(built):
    assert byte_pairs().encode("t").ids[0] == 258
    assert built["byte pairs"].encode("t") == byte_pairs().encode("t").ids[1:]


def test_words_that_are_unknown_are_shown_whole(built):
    tokenizer = built["word pieces"]
    assert tokenizer.pieces("The  trains, x.") == [
        Piece(1, "The"),
        Piece(None, "  "),
        Piece(2, "train"),
        Piece(3, "s"),
        Piece(0, ",", is_unknown=True),
        Piece(None, " "),
        Piece(0, "x", is_unknown=True),
        Piece(4, "."),
    ]
    assert tokenizer.unknown_characters("x the , x") == [",", "x"]
    assert tokenizer.decode(tokenizer.encode("The trains.")) == "the trains."


def test_what_is_refused_is_named(built):
    with pytest.raises(TokenizerError, match="no token for 'c', 'd'"):
        built["strict characters"].encode("abcdda")
    assert built["strict characters"].unknown_characters("dacab") == ["c", "d"]
    # The words are known to be refused only together.
    with pytest.raises(TokenizerError, match="no token for"):
        built["strict words"].encode("the bus")


@kinds
def test_halves_of_characters_are_refused(kind, built):
    with pytest.raises(TokenizerError, match=r"no token for .*ud800"):
        built[kind].encode("the\ud800")
    assert "\ud800" in built[kind].unknown_characters("\ud800")


def test_ids_beyond_the_tokenizer_stand_for_nothing():
    tokenizer = ImportedTokenizer(byte_pairs().to_str(), vocabulary_size=300)
    assert tokenizer.vocabulary_size == len(tokenizer.vocabulary) == 300
    assert tokenizer.vocabulary[299] == "<unused 299>"
    assert tokenizer.decode([256, 299, 256]) == "hehe"
    assert tokenizer_from_dict(tokenizer.to_dict()).vocabulary == tokenizer.vocabulary


def test_ids_that_the_model_lacks_are_refused():
    with pytest.raises(TokenizerError, match="ids up to 258, but its model knows only 258"):
        ImportedTokenizer(byte_pairs().to_str(), vocabulary_size=258)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "bpe"},
        {"library_form": None},
        {"library_form": {}},
        {"vocabulary_size": None},
        {"vocabulary_size": "259"},
    ],
)
def test_a_damaged_saved_form_is_refused(changes, built):
    data = {**built["byte pairs"].to_dict(), **changes}
    with pytest.raises(TokenizerError, match="saved imported tokenizer is damaged"):
        ImportedTokenizer.from_dict(data)


def test_one_tokenizer_serves_many_threads(built):
    texts = ["the trains é" * length for length in range(40)]
    alone = [built["byte pairs"].encode(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(built["byte pairs"].encode, texts)) == alone
