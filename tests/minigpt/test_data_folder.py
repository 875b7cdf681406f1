import os
import time
from pathlib import Path

import pytest

from minigpt.data_folder import (
    STALE_SECONDS,
    _cache_folder,
    data_folder,
    keep_file,
    open_to_keep,
)
from minigpt.errors import CorpusError

# With a drive where the system has drives.
ABSOLUTE = Path("/caches").absolute()


def test_the_environment_variable_names_the_folder_and_asking_creates_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "data"))
    assert data_folder() == tmp_path / "data"
    assert not data_folder().exists()


def test_relative_folder_becomes_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGPT_DATA", "texts")
    assert data_folder() == Path.cwd() / "texts"


def test_home_is_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGPT_DATA", "~/texts")
    assert data_folder() == Path.home() / "texts"


@pytest.mark.parametrize("unset", ["", "  "])
def test_without_the_variable_it_is_in_the_cache_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, unset: str
) -> None:
    monkeypatch.setenv("MINIGPT_DATA", unset)
    monkeypatch.setattr("minigpt.data_folder._cache_folder", lambda platform: tmp_path)
    assert data_folder() == tmp_path / "minigpt"


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": str(ABSOLUTE)}, ABSOLUTE),
        ("linux", {"XDG_CACHE_HOME": "relative"}, Path("~/.cache")),
        ("linux", {}, Path("~/.cache")),
        ("darwin", {"XDG_CACHE_HOME": str(ABSOLUTE)}, Path("~/Library/Caches")),
        ("win32", {"LOCALAPPDATA": "/local"}, Path("/local")),
        ("win32", {}, Path("~/AppData/Local")),
    ],
)
def test_each_system_has_its_cache_folder(
    platform: str, variables: dict[str, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _cache_folder(platform) == folder


def test_no_home_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("MINIGPT_DATA", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(CorpusError, match="Set the environment variable MINIGPT_DATA") as raised:
        data_folder()
    assert raised.value.field == "corpus"


def test_what_is_kept_is_written_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file.txt"
    keep_file(path, b"one")
    keep_file(path, b"two")
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
    keep_file(path, b"whole")
    assert sorted(tmp_path.iterdir()) == [young, path]


def test_keeping_in_an_unwritable_place_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"could not be written.*MINIGPT_DATA") as raised:
        keep_file(tmp_path / "file" / "below.txt", b"x")
    assert raised.value.field == "corpus"


def test_a_folder_in_the_way_of_what_is_kept_is_explained(tmp_path: Path) -> None:
    (tmp_path / "taken" / "inside").mkdir(parents=True)
    with pytest.raises(CorpusError, match="could not be written"):
        keep_file(tmp_path / "taken", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
