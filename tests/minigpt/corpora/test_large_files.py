import hashlib

import pytest

from minigpt.corpora import large_files
from minigpt.corpora.large_files import is_large, require_room, sha256_of
from minigpt.errors import CorpusError


def test_size_alone_makes_a_file_large(tmp_path, monkeypatch):
    monkeypatch.setattr(large_files, "LARGE_FILE_BYTES", 10)
    path = tmp_path / "text.txt"
    path.write_bytes(b"123456789")
    assert not is_large(path)
    path.write_bytes(b"1234567890")
    assert is_large(path)


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
