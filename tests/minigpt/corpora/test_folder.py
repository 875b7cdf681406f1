from pathlib import Path

import pytest

from minigpt.corpora.folder import _cache_folder, data_folder
from minigpt.errors import CorpusError


def test_environment_variable_names_the_folder(data: Path) -> None:
    assert data_folder() == data


def test_asking_creates_nothing(data: Path) -> None:
    data_folder()
    assert not data.exists()


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
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    assert data_folder().name == "minigpt"
    assert data_folder().is_absolute()


def test_each_system_has_its_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert _cache_folder("win32") == tmp_path / "local"
    assert _cache_folder("darwin") == Path("~/Library/Caches")
    assert _cache_folder("linux") == tmp_path / "xdg"


def test_relative_xdg_folder_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    assert _cache_folder("linux") == Path("~/.cache")


def test_no_home_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(CorpusError, match="Set the environment variable MINIGPT_DATA") as raised:
        data_folder()
    assert raised.value.field == "corpus"
