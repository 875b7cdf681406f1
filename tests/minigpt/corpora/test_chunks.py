import codecs
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigpt.corpora.decoding import decode_upload
from minigpt.corpora.large_files import read_chunks
from minigpt.errors import CorpusError

TEXT = "größer\r\nals 日本\rund \N{GRINNING FACE}\n\nEnde"


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
@given(st.text("ab\r\n é日\ufeff", min_size=1), st.integers(1, 9))
def test_random_texts_survive(tmp_path: Path, text: str, chunk_bytes: int) -> None:
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    whole = decode_upload(path.read_bytes())
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


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read") as raised:
        list(read_chunks(tmp_path / "missing.txt"))
    assert raised.value.field == "corpus"
