import os
import time
from pathlib import Path

import pytest

from minigpt.data_folder import STALE_SECONDS, keep, open_to_keep
from minigpt.errors import CorpusError


def test_writes_and_replaces(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    keep(path, b"one")
    keep(path, b"two")
    assert path.read_bytes() == b"two"
    assert list(path.parent.iterdir()) == [path]


def test_failure_keeps_the_old_content_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), open_to_keep(path) as file:
        file.writelines([b"half", None])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    stale, young = tmp_path / ".file.txt.01234567", tmp_path / ".file.txt.89abcdef"
    for partial in (stale, young):
        partial.write_bytes(b"half")
    past = time.time() - 2 * STALE_SECONDS
    os.utime(stale, (past, past))
    keep(path, b"whole")
    assert sorted(tmp_path.iterdir()) == [young, path]


def test_unwritable_place_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"could not be written.*MINIGPT_DATA") as raised:
        keep(tmp_path / "file" / "below.txt", b"x")
    assert raised.value.field == "corpus"


def test_a_folder_in_the_way_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(CorpusError, match="could not be written"):
        keep(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
