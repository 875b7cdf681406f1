from pathlib import Path

import numpy as np
import pytest

from minigpt.corpora.large_files import open_token_file, write_token_file
from minigpt.errors import CorpusError

TEXT = "größer als 日本\nund \N{GRINNING FACE}\n" * 20
CHARACTERS = sorted(set(TEXT))


def encode(text: str) -> list[int]:
    return [CHARACTERS.index(character) for character in text]


@pytest.fixture
def text_path(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, encoding="utf-8", newline="")
    return path


def write(text_path: Path, destination: Path, chunk_bytes: int = 1000, size: int = 100) -> None:
    for _ in write_token_file(
        text_path, encode, destination, vocabulary_size=size, chunk_bytes=chunk_bytes
    ):
        pass


@pytest.mark.parametrize("chunk_bytes", [1, 2, 3, 5, 64, 100_000])
def test_pieces_encode_to_the_same_ids_as_the_whole_text(
    text_path: Path, tmp_path: Path, chunk_bytes: int
) -> None:
    write(text_path, tmp_path / "ids.npy", chunk_bytes)
    assert open_token_file(tmp_path / "ids.npy").tolist() == encode(TEXT)


def test_file_is_mapped_and_not_read(text_path: Path, tmp_path: Path) -> None:
    write(text_path, tmp_path / "ids.npy")
    assert isinstance(open_token_file(tmp_path / "ids.npy"), np.memmap)


def test_what_is_written_to_the_tokens_never_reaches_the_file(
    text_path: Path, tmp_path: Path
) -> None:
    write(text_path, tmp_path / "ids.npy")
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
    write(text_path, tmp_path / "ids.npy", size=size)
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
    assert progress[-1].tokens_written == len(TEXT)


def test_abandoned_writing_leaves_nothing(text_path: Path, tmp_path: Path) -> None:
    writing = write_token_file(
        text_path, encode, tmp_path / "a.npy", vocabulary_size=99, chunk_bytes=64
    )
    next(writing)
    writing.close()
    assert list(tmp_path.iterdir()) == [text_path]


def test_failed_writing_keeps_the_file_that_was_there(text_path: Path, tmp_path: Path) -> None:
    destination = tmp_path / "ids.npy"
    write(text_path, destination)
    before = destination.read_bytes()
    text_path.write_bytes(TEXT.encode() + b"\xff")
    with pytest.raises(CorpusError, match="is not UTF-8"):
        write(text_path, destination, chunk_bytes=64)
    assert destination.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == [destination, text_path]


@pytest.mark.parametrize("size", [3, 1])
def test_ids_outside_the_vocabulary_are_refused(text_path: Path, tmp_path: Path, size: int) -> None:
    with pytest.raises(CorpusError, match="outside its vocabulary"):
        write(text_path, tmp_path / "ids.npy", size=size)


def test_empty_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_bytes(b"")
    with pytest.raises(CorpusError, match="is empty"):
        write(tmp_path / "text.txt", tmp_path / "ids.npy")


def test_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="There is no token file"):
        open_token_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\x01\x00"])
def test_damaged_token_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ids.npy").write_bytes(content)
    with pytest.raises(CorpusError, match="is not a token file or is damaged"):
        open_token_file(tmp_path / "ids.npy")


def test_token_file_cut_short_is_named(text_path: Path, tmp_path: Path) -> None:
    write(text_path, tmp_path / "ids.npy")
    whole = (tmp_path / "ids.npy").read_bytes()
    (tmp_path / "ids.npy").write_bytes(whole[:-10])
    with pytest.raises(CorpusError, match="damaged"):
        open_token_file(tmp_path / "ids.npy")


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros((2, 2), np.uint16)])
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "ids.npy", array)
    with pytest.raises(CorpusError, match="is not a token file"):
        open_token_file(tmp_path / "ids.npy")
