import errno
import json
import os

import pytest

from minigpt.errors import DiskFullError
from minigpt.host import (
    RESERVE_BYTES,
    Host,
    full_reason,
    is_full,
    lay_reserve,
    release_reserve,
    require_space,
    shortage,
    spend_reserve,
)

NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


def test_there_is_room_for_a_little(tmp_path):
    require_space(tmp_path, 1000)
    assert shortage(tmp_path) is None


def test_there_is_no_room_for_too_much(tmp_path):
    with pytest.raises(DiskFullError, match=r"[\d,]+ MB are free and [\d,]+ MB are needed"):
        require_space(tmp_path, 2**60)


def test_a_margin_is_kept(tmp_path, full_host):
    with pytest.raises(DiskFullError):
        require_space(tmp_path, 0, full_host)


def test_the_volume_that_is_asked_about_is_the_one_of_the_folder(tmp_path):
    asked = []
    host = Host(free_bytes=lambda folder: asked.append(folder) or 2**40)
    require_space(tmp_path / "not" / "there", 1000, host)
    assert asked == [tmp_path]


def test_a_folder_that_is_not_there_yet_is_judged_by_where_it_will_be(tmp_path):
    require_space(tmp_path / "not" / "there", 1000)
    with pytest.raises(DiskFullError):
        require_space(tmp_path / "not" / "there", 2**60)


def caused(error):
    try:
        raise error
    except Exception as first:
        try:
            raise ValueError("The weights could not be saved.") from first
        except ValueError as second:
            return second


def handled(error):
    try:
        try:
            raise error
        except Exception:
            raise ValueError("while handling that")  # noqa: B904 - what is tested is no cause
    except ValueError as second:
        return second


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NO_SPACE, True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (DiskFullError("Full."), True),
        (RuntimeError("I/O error: No space left on device (os error 28)"), True),
        (caused(NO_SPACE), True),
        (handled(NO_SPACE), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("mat1 and mat2"), False),
        (MemoryError(), False),
    ],
)
def test_a_full_disk_is_recognised_however_it_is_told(error, expected):
    assert is_full(error) == expected


def test_errors_that_cause_each_other_are_looked_at_once():
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert not is_full(first)


def test_a_full_disk_is_put_into_words():
    assert full_reason(DiskFullError("Full.")) == "Full."
    assert "no room left on the disk" in full_reason(NO_SPACE)


def test_a_reserve_takes_room_and_gives_it_back(tmp_path):
    reserve = tmp_path / "reserve"
    lay_reserve(reserve)
    before = reserve.read_bytes()
    assert len(before) == RESERVE_BYTES
    lay_reserve(reserve)
    assert reserve.read_bytes() == before
    for _ in range(2):
        release_reserve(reserve)
        assert not reserve.exists()


def test_a_reserve_is_spent_on_one_file(tmp_path):
    lay_reserve(tmp_path / "reserve")
    spend_reserve(tmp_path / "reserve", tmp_path / "end.json", {"reason": "voll, ä"})
    assert json.loads((tmp_path / "end.json").read_text("utf-8")) == {"reason": "voll, ä"}
    assert not (tmp_path / "reserve").exists()
    with pytest.raises(FileNotFoundError):
        spend_reserve(tmp_path / "reserve", tmp_path / "end.json", {})


def test_half_a_reserve_is_made_whole(tmp_path):
    (tmp_path / "reserve").write_bytes(b"short")
    lay_reserve(tmp_path / "reserve")
    assert (tmp_path / "reserve").stat().st_size == RESERVE_BYTES


def test_a_reserve_that_does_not_fit_leaves_nothing(tmp_path, monkeypatch):
    def full(_):
        raise NO_SPACE

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        lay_reserve(tmp_path / "reserve")
    assert list(tmp_path.iterdir()) == []
