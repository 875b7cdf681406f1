import pytest

from minigpt.errors import TokenizerError
from minigpt.tokenizers.byte import ByteTokenizer, readable_bytes


def test_ids_are_the_bytes_of_utf_8():
    tokenizer = ByteTokenizer.train("any text")
    assert tokenizer.vocabulary_size == 256
    assert tokenizer.encode("hi é 字") == [104, 105, 32, 195, 169, 32, 229, 173, 151]


def test_parts_of_characters_are_named():
    tokenizer = ByteTokenizer()
    assert [piece.text for piece in tokenizer.pieces("aé")] == ["a", "<0xC3>", "<0xA9>"]
    assert tokenizer.vocabulary[0xFF] == "<0xFF>"


def test_another_kind_is_refused():
    with pytest.raises(TokenizerError, match="'character', not 'byte'"):
        ByteTokenizer.from_dict({"kind": "character"})


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"the", "the"),
        ("é".encode(), "é"),
        (b"\xc3", "<0xC3>"),
        (b" \xe2\x82", " <0xE2><0x82>"),
        (b"\n", "\n"),
        (b"", ""),
    ],
)
def test_bytes_read_as_text_where_they_are_text(data, shown):
    assert readable_bytes(data) == shown


def test_a_lone_surrogate_is_refused_with_its_place():
    with pytest.raises(TokenizerError, match=r"Position 2 .*U\+D83D"):
        ByteTokenizer().encode("ab\ud83dc")


def test_a_lone_surrogate_is_a_piece_without_id():
    tokenizer = ByteTokenizer()
    pieces = tokenizer.pieces("a\ud83db\udc00")
    assert [(piece.id, piece.text) for piece in pieces] == [
        (97, "a"),
        (None, "\ud83d"),
        (98, "b"),
        (None, "\udc00"),
    ]
    assert [piece.is_unknown for piece in pieces] == [False, True, False, True]
    assert tokenizer.unknown_characters("a\ud83db\udc00\ud83d") == ["\ud83d", "\udc00"]


def test_an_escaped_pair_is_no_lone_surrogate():
    assert ByteTokenizer().unknown_characters("😀") == []


def test_bytes_that_form_no_character_are_replaced():
    assert ByteTokenizer().decode([104, 195, 40, 255]) == "h\ufffd(\ufffd"
