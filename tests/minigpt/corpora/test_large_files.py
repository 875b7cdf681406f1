import codecs
import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigpt.corpora.decoding import compose_accents, decode_upload
from minigpt.corpora.large_files import (
    LARGE_FILE_BYTES,
    is_large,
    open_token_file,
    read_chunks,
    require_room,
    sha256_of,
    write_token_file,
)
from minigpt.errors import CorpusError

TEXT = "größer\r\nals 日本\rund \N{GRINNING FACE}\n\nEnde"
LINES = "größer als 日本\nund \N{GRINNING FACE}\n" * 20
LETTERS = sorted(set(LINES))


def test_size_alone_makes_a_file_large(tmp_path):
    path = tmp_path / "text.txt"
    for size, expected in ((LARGE_FILE_BYTES - 1, False), (LARGE_FILE_BYTES, True)):
        with path.open("wb") as file:
            file.truncate(size)  # takes no room
        assert is_large(path) is expected


def test_what_is_no_file_is_not_large(tmp_path):
    assert not is_large(tmp_path)
    assert not is_large(tmp_path / "missing")


def test_the_checksum_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"hello")
    assert sha256_of(path) == hashlib.sha256(b"hello").hexdigest()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(CorpusError, match="cannot be read"):
        sha256_of(tmp_path / "missing")


def test_a_file_too_small_for_a_window_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"x" * 90)
    require_room(path, 8)
    with pytest.raises(CorpusError, match="at least 100"):
        require_room(path, 9)


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 4, 5, 7, 1000])
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_pieces_joined_are_the_text(tmp_path: Path, chunk_bytes: int, mark: bytes) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(mark + TEXT.encode())
    chunks = list(read_chunks(path, chunk_bytes))
    assert "".join(chunk.text for chunk in chunks) == decode_upload(path.read_bytes())
    assert all(chunk.text for chunk in chunks)
    assert chunks[-1].bytes_read == chunks[-1].total_bytes == path.stat().st_size


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text("ab\r\n é日\ufeffe\u0301\u0323가\u11a8\x85", min_size=1), st.integers(1, 9))
def test_pieces_of_random_texts_give_them_back(tmp_path: Path, text: str, chunk_bytes: int) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    whole = compose_accents(decode_upload(path.read_bytes()))
    assert "".join(chunk.text for chunk in read_chunks(path, chunk_bytes)) == whole


def test_pieces_end_at_line_ends_or_else_at_spaces(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"one two\nthree four five six")
    pieces = [chunk.text for chunk in read_chunks(path, 10)]
    assert pieces == ["one two\n", "three four ", "five ", "six"]


def test_empty_file_has_no_pieces(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"")
    assert list(read_chunks(path)) == []


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 4, 1000])
def test_bad_byte_is_named_as_in_a_whole_file(tmp_path: Path, chunk_bytes: int) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(codecs.BOM_UTF8 + "zwölf\ncafé".encode() + b"\xc3\xff more\n")
    with pytest.raises(CorpusError) as whole:
        decode_upload(path.read_bytes())
    with pytest.raises(CorpusError) as pieces:
        list(read_chunks(path, chunk_bytes))
    assert pieces.value.message == whole.value.message
    assert "Byte 15 of the file (0xc3, in line 2)" in pieces.value.message


def test_character_cut_off_at_the_end_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes("café".encode()[:-1])
    with pytest.raises(CorpusError, match="Byte 3 of the file"):
        list(read_chunks(path, 2))


def test_what_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(b"PK\0\0")
    with pytest.raises(CorpusError, match="not a text file"):
        list(read_chunks(path))


def test_missing_text_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read") as raised:
        list(read_chunks(tmp_path / "missing.txt"))
    assert raised.value.field == "corpus"


def encode(text: str) -> list[int]:
    return [LETTERS.index(character) for character in text]


@pytest.fixture
def text_path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(LINES, encoding="utf-8", newline="")
    return path


def write_tokens(
    text_path: Path, destination: Path, chunk_bytes: int = 1000, size: int = 100
) -> None:
    for _ in write_token_file(
        text_path, encode, destination, vocabulary_size=size, chunk_bytes=chunk_bytes
    ):
        pass


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 5, 64, 100_000])
def test_pieces_encode_to_the_same_ids_as_the_whole_text(
    text_path: Path, tmp_path: Path, chunk_bytes: int
) -> None:
    write_tokens(text_path, tmp_path / "ids.npy", chunk_bytes)
    assert open_token_file(tmp_path / "ids.npy").tolist() == encode(LINES)


def test_file_is_mapped_and_not_read(text_path: Path, tmp_path: Path) -> None:
    write_tokens(text_path, tmp_path / "ids.npy")
    assert isinstance(open_token_file(tmp_path / "ids.npy"), np.memmap)


def test_what_is_written_to_the_tokens_never_reaches_the_file(
    text_path: Path, tmp_path: Path
) -> None:
    write_tokens(text_path, tmp_path / "ids.npy")
    before = (tmp_path / "ids.npy").read_bytes()
    tokens = open_token_file(tmp_path / "ids.npy")
    tokens[0] += 1
    tokens.flush()
    assert (tmp_path / "ids.npy").read_bytes() == before


@pytest.mark.parametrize(
    ("size", "dtype"), [(256, np.uint16), (65_536, np.uint16), (65_537, np.uint32)]
)
def test_ids_take_as_little_room_as_fits(
    text_path: Path, tmp_path: Path, size: int, dtype: type[np.generic]
) -> None:
    write_tokens(text_path, tmp_path / "ids.npy", size=size)
    assert open_token_file(tmp_path / "ids.npy").dtype == dtype


@pytest.mark.parametrize(("largest", "size"), [(65_535, 65_536), (65_536, 65_537)])
def test_largest_id_survives(text_path: Path, tmp_path: Path, largest: int, size: int) -> None:
    def largest_only(text: str) -> list[int]:
        return [largest] * len(text)

    list(write_token_file(text_path, largest_only, tmp_path / "a.npy", vocabulary_size=size))
    assert set(open_token_file(tmp_path / "a.npy").tolist()) == {largest}


def test_progress_grows_to_the_whole_file(text_path: Path, tmp_path: Path) -> None:
    progress = list(
        write_token_file(text_path, encode, tmp_path / "a", vocabulary_size=99, chunk_bytes=64)
    )
    assert len(progress) > 5
    read = [step.bytes_read for step in progress]
    assert read == sorted(read)
    assert progress[-1].bytes_read == progress[-1].total_bytes == text_path.stat().st_size


def test_abandoned_writing_leaves_nothing(text_path: Path, tmp_path: Path) -> None:
    writing = write_token_file(
        text_path, encode, tmp_path / "a.npy", vocabulary_size=99, chunk_bytes=64
    )
    next(writing)
    writing.close()
    assert list(tmp_path.iterdir()) == [text_path]


def test_failed_writing_keeps_the_file_that_was_there(text_path: Path, tmp_path: Path) -> None:
    destination = tmp_path / "ids.npy"
    write_tokens(text_path, destination)
    before = destination.read_bytes()
    text_path.write_bytes(LINES.encode() + b"\xff")
    with pytest.raises(CorpusError, match="is not UTF-8"):
        write_tokens(text_path, destination, chunk_bytes=64)
    assert destination.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [destination, text_path]


@pytest.mark.parametrize("size", [3, 1])
def test_ids_outside_the_vocabulary_are_refused(text_path: Path, tmp_path: Path, size: int) -> None:
    with pytest.raises(CorpusError, match="outside its vocabulary"):
        write_tokens(text_path, tmp_path / "ids.npy", size=size)


def test_empty_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"")
    with pytest.raises(CorpusError, match="is empty"):
        write_tokens(tmp_path / "text.txt", tmp_path / "ids.npy")


def test_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no token file"):
        open_token_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00"])
def test_damaged_token_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ids.npy").write_bytes(content)
    with pytest.raises(CorpusError, match="is not a token file or is damaged"):
        open_token_file(tmp_path / "ids.npy")


def test_token_file_cut_short_is_named(text_path: Path, tmp_path: Path) -> None:
    write_tokens(text_path, tmp_path / "ids.npy")
    whole = (tmp_path / "ids.npy").read_bytes()
    (tmp_path / "ids.npy").write_bytes(whole[:-10])
    with pytest.raises(CorpusError, match="damaged"):
        open_token_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2), np.uint16)])
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "ids.npy", array)
    with pytest.raises(CorpusError, match="is not a token file"):
        open_token_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("chunk_bytes", [1, 3, 1000])
def test_a_mark_of_utf_16_is_understood_at_any_size(tmp_path, encoding, chunk_bytes):
    path = tmp_path / "text.txt"
    path.write_bytes(("\ufeff" + TEXT).encode(encoding))
    chunks = read_chunks(path, chunk_bytes)
    assert "".join(chunk.text for chunk in chunks) == decode_upload(path.read_bytes())


def test_a_document_is_called_no_text_at_any_size(tmp_path):
    path = tmp_path / "letter.docx"
    path.write_bytes(b"PK\x03\x04\x14\0\x08\x08\x08\0\xf1\xe2")
    with pytest.raises(CorpusError, match="not a text file"):
        list(read_chunks(path))
