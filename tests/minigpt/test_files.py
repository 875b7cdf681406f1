import json
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from minigpt.errors import CorpusError
from minigpt.files import (
    end_of,
    explained,
    open_atomically,
    read_json,
    remove_unfinished,
    removed_on_failure,
    write_atomically,
    write_json,
)
from minigpt.json_lines import LinesTail


def test_a_file_is_written_whole(tmp_path):
    path = tmp_path / "file"
    write_atomically(path, lambda file: file.write(b"all of it"))
    assert path.read_bytes() == b"all of it"
    assert list(tmp_path.iterdir()) == [path]


ROOT = Path(__file__).parents[2]


class Stopped(BaseException):
    """As if the process were told to end."""


@pytest.mark.parametrize(
    "error", [OSError("full"), ValueError("wrong"), Stopped(), KeyboardInterrupt()]
)
def test_whatever_stops_the_writer_the_old_file_stays(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def write_half(file):
        file.write(b"hal")
        raise error

    with pytest.raises(type(error)):
        write_atomically(path, write_half)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "file"

    def look_while_writing(file):
        file.write(b"half")
        file.flush()
        assert not path.exists()

    write_atomically(path, look_while_writing)
    assert path.read_bytes() == b"half"


def test_it_reaches_the_disk_before_it_gets_its_name(tmp_path, monkeypatch):
    done = []
    really_replace = os.replace
    monkeypatch.setattr("os.fsync", lambda _: done.append("synced"))

    def replace(path, target):
        done.append("named")
        really_replace(path, target)

    monkeypatch.setattr("pathlib.Path.replace", replace)
    write_atomically(tmp_path / "file", lambda file: file.write(b"x"))
    assert done == ["synced", "named"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no umask")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_the_mode_is_the_one_the_umask_asks_for(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_json(tmp_path / "file", {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == mode


def test_many_writers_and_readers_never_meet_half_a_file(tmp_path):
    path = tmp_path / "file"
    values = [{"value": letter * 20_000} for letter in "abcd"]
    write_json(path, values[0])

    def write_and_read(value):
        write_json(path, value)
        return read_json(path)

    with ThreadPoolExecutor(4) as pool:
        assert all(found in values for found in pool.map(write_and_read, values * 5))
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(OSError, match="nowhere"):
        write_atomically(tmp_path / "nowhere" / "file", lambda file: file.write(b"x"))


def test_json_comes_back(tmp_path):
    value = {"name": "Ünïcode 😀 </script>", "nested": [1, 2.5, None, True], "empty": {}}
    write_json(tmp_path / "file", value)
    assert read_json(tmp_path / "file") == value


def test_json_is_readable_by_people(tmp_path):
    write_json(tmp_path / "file", {"größe": 1, "b": 2})
    assert (tmp_path / "file").read_text(encoding="utf-8").splitlines() == [
        *("{", ' "größe": 1,', ' "b": 2', "}"),
    ]


def test_what_json_cannot_say_is_not_written(tmp_path):
    write_json(tmp_path / "file", {"a": 1})
    with pytest.raises(TypeError):
        write_json(tmp_path / "file", {"a": object()})
    assert read_json(tmp_path / "file") == {"a": 1}


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"{",
        b'{"a": 1} and more',
        b"[1, 2]",
        b"3",
        b"null",
        b'"text"',
        b"\xff\xfe\x00",
        b"\x00" * 100,
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
    ],
    ids=lambda garbage: repr(garbage[:12]),
)
def test_garbage_reads_as_nothing(tmp_path, garbage):
    (tmp_path / "file").write_bytes(garbage)
    assert read_json(tmp_path / "file") is None


def test_a_larger_file_than_is_said_is_not_read(tmp_path):
    (tmp_path / "file").write_bytes(b'{"a": 12345}')
    assert read_json(tmp_path / "file", largest_bytes=12) == {"a": 12345}
    assert read_json(tmp_path / "file", largest_bytes=11) is None


@pytest.fixture(params=["pipe", "endless", "folder", "ring", "nothing"])
def no_file(tmp_path, request):
    """What is no file that ends, under a file's name."""
    path = tmp_path / "file"
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "folder":
        path.mkdir()
    elif request.param != "nothing":
        path.symlink_to({"endless": "/dev/zero", "ring": path}[request.param])
    return path


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="has no pipes with a name")
def test_what_has_no_end_is_not_read(no_file):
    """A reader of any of these would wait, or fill the memory, for ever."""
    assert read_json(no_file) is None
    assert list(LinesTail(no_file).rows()) == []
    with pytest.raises(OSError, match="file"):
        end_of(no_file, 10)


def test_what_a_killed_writer_left_can_be_removed(tmp_path):
    ours, another_file, others = ".a.json.01234567", ".b.json.89abcdef", {".a.json", ".lock", "a.x"}
    for name in (ours, another_file, *others):
        (tmp_path / name).touch()
    remove_unfinished(tmp_path, "a.json")
    assert {path.name for path in tmp_path.iterdir()} == {another_file, *others}
    remove_unfinished(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == others
    remove_unfinished(tmp_path / "gone")


def test_what_may_still_be_in_use_can_be_left(tmp_path):
    stale, young = tmp_path / ".a.txt.01234567", tmp_path / ".a.txt.89abcdef"
    for path in (stale, young):
        path.touch()
    past = time.time() - 120
    os.utime(stale, (past, past))
    remove_unfinished(tmp_path, "a.txt", older_than_seconds=60.0)
    assert list(tmp_path.iterdir()) == [young]


def test_a_block_fills_a_file_piece_by_piece(tmp_path):
    path = tmp_path / "file"
    with open_atomically(path) as file:
        file.write(b"half.")
        assert not path.exists()
        file.seek(0)
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    with pytest.raises(TypeError), open_atomically(path) as file:
        file.writelines([b"other", None])
    assert path.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [path]


def test_a_writer_that_is_killed_leaves_what_can_be_removed(tmp_path):
    code = (
        "import os, pathlib, sys\n"
        "from minigpt.files import write_atomically\n"
        "write_atomically(pathlib.Path(sys.argv[1]), lambda file: os._exit(9))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "state.json")]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    remove_unfinished(tmp_path, "state.json")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_there_reads_as_nothing(tmp_path):
    assert read_json(tmp_path / "file") is None
    assert read_json(tmp_path) is None
    assert json.loads("{}") == {}


def test_what_the_system_refuses_is_told_with_what_to_do():
    with (
        pytest.raises(CorpusError) as told,
        explained(
            "{path} is full: {reason}. Free some space.", kind=CorpusError, field="x", path="/a"
        ),
    ):
        raise OSError(28, "No space left on device")
    assert told.value.message == "/a is full: No space left on device. Free some space."
    assert told.value.field == "x"
    assert isinstance(told.value.__cause__, OSError)


def test_an_error_without_a_reason_of_the_system_speaks_for_itself():
    with (
        pytest.raises(CorpusError, match=r"^No: just so$"),
        explained("No: {reason}", kind=CorpusError),
    ):
        raise OSError("just so")


def test_other_errors_are_left_as_they_are():
    with pytest.raises(KeyError), explained("No: {reason}", kind=CorpusError):
        raise KeyError("a")


def test_what_a_failed_block_made_is_removed_and_what_a_good_one_made_stays(tmp_path):
    for name in ("good", "failed"):
        with suppress(KeyboardInterrupt), removed_on_failure(tmp_path / name):
            (tmp_path / name / "below").mkdir(parents=True)
            if name == "failed":
                raise KeyboardInterrupt
    assert [path.name for path in tmp_path.iterdir()] == ["good"]
