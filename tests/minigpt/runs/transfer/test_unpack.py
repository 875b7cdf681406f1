"""Files that come from anybody: whatever is wrong with one, it is refused and leaves nothing."""

import io
import json
import stat
import struct
from zipfile import ZIP_BZIP2, ZIP_LZMA, ZipFile, ZipInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minigpt.errors import MiniGPTError, RunError
from minigpt.runs.store import RunStore
from minigpt.runs.transfer import unpack
from minigpt.runs.transfer.archive import read_archive
from minigpt.runs.transfer.archive_format import (
    LARGEST_JSON,
    LARGEST_RATIO,
    LARGEST_TOKENIZER,
    MANIFEST,
    MOST_FILES,
)
from minigpt.runs.transfer.unpack import END_BYTES, LONG_FORM_BYTES
from tests.minigpt.runs.transfer.archives import archived, files_in, left_behind, packed

WEIGHTS = "weights/step-00000000.safetensors"


@pytest.fixture(scope="module")
def good(trained):
    return Files(files_in(archived(trained)))


class Files(dict):
    """Too long to be shown when a test fails."""

    def __repr__(self):
        return "the files of a run"


@pytest.fixture
def store(folders, tmp_path):
    made = RunStore.default()
    made.root.mkdir()
    return made


def refused(store, file, match=None):
    around = sorted(path.name for path in store.root.parent.iterdir())
    with pytest.raises(RunError, match=match) as error:
        read_archive(store, file)
    assert left_behind(store) == []
    assert sorted(path.name for path in store.root.parent.iterdir()) == around
    return error.value


class Watched(io.BytesIO):
    """An archive that knows the first of its bytes that was ever read."""

    def __init__(self, data):
        super().__init__(data)
        self.first_read = len(data)

    def read(self, size=-1):
        self.first_read = min(self.first_read, self.tell())
        return super().read(size)

    @property
    def list_begins(self):
        """Where what is packed ends, and the list of it begins."""
        (place,) = struct.unpack("<L", self.getvalue()[-6:-2])
        return place


def test_a_good_one_is_taken(good, store):
    file = Watched(packed(good).getvalue())
    assert read_archive(store, file).exists
    assert file.first_read < file.list_begins


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.json",
        "../../escaped.json",
        "/tmp/escaped.json",
        "/config.json",
        "..\\escaped.json",
        "weights\\..\\..\\escaped.json",
        "C:\\escaped.json",
        "C:escaped.json",
        "\\\\server\\share\\escaped.json",
        "weights/../../escaped.json",
        "./config.json",
        "config.json/",
        "weights/",
        "lock",
        "queued.json",
        "launch.json",
        "process.json",
        "model.pt",
        "weights/step-00000000.pt",
        "weights/step-00000000.pkl",
        "tokens.npy",
        "run.py",
        "Config.json",
    ],
)
def test_a_name_that_no_run_has_is_refused(good, store, name):
    refused(store, packed({**good, name: b"{}"}), "which no run has")


def test_a_name_with_an_end_in_its_middle_is_refused(good, store):
    file = packed({**good, "log.txt?.png": b""}).getvalue()
    refused(store, io.BytesIO(file.replace(b"log.txt?", b"log.txt\0")), "which no run has")


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK]
)
def test_links_and_devices_are_refused(good, store, kind):
    def change(entry):
        if entry.filename == "log.txt":
            entry.external_attr = (kind | 0o777) << 16

    refused(store, packed({**good, "log.txt": b"/etc/passwd"}, change=change), "no plain file")


def test_a_file_twice_is_refused(good, store):
    file = packed(good)
    with ZipFile(file, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("config.json", b"another")
    refused(store, file, "twice")


@pytest.mark.parametrize("compression", [ZIP_BZIP2, ZIP_LZMA])
def test_other_ways_of_packing_are_refused(good, store, compression):
    def change(entry):
        entry.compress_type = compression

    refused(store, packed(good, change=change), "does not use")


def test_a_locked_file_is_refused(good, store):
    file = bytearray(packed(good).getvalue())
    entry = file.index(b"PK\x01\x02")
    file[entry + 8] |= 1  # "encrypted"
    refused(store, io.BytesIO(file), "does not use")


def test_a_bomb_is_refused_before_it_is_unpacked(good, store):
    bomb = packed({**good, "tokenizer.json": b" " * (LARGEST_TOKENIZER - 1)})
    file = Watched(bomb.getvalue())
    refused(store, file, f"more than {LARGEST_RATIO} times")
    assert file.first_read >= file.list_begins


@pytest.mark.parametrize("name", ["config.json", "meta.json", "state.json", "log.txt", MANIFEST])
def test_a_file_beyond_its_limit_is_refused(good, store, name):
    noise = bytes(range(256)) * (LARGEST_JSON // 256 + 1)
    if name != MANIFEST:
        refused(store, packed({**good, name: noise}), "are allowed")
        return
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(MANIFEST, noise)
    refused(store, file, "are allowed")


def test_all_together_have_a_limit(good, store, monkeypatch):
    monkeypatch.setattr(unpack, "LARGEST_ARCHIVE", 1000)
    refused(store, packed(good), "unpacks to more")


def test_the_number_of_files_has_a_limit(good, store):
    many = {f"weights/step-{step:08d}.safetensors": b"" for step in range(MOST_FILES)}
    refused(store, packed({**good, **many}), "files")


def test_a_list_of_entries_as_long_as_the_memory_is_not_read(good, store):
    data = bytearray(packed(good).getvalue())
    data[-10:-6] = struct.pack("<L", 2**31)
    file = Watched(data)
    refused(store, file, "more files than a run has")
    assert file.first_read == len(data) - END_BYTES - LONG_FORM_BYTES


def test_the_long_form_of_zip_is_refused(good, store):
    data = packed(good).getvalue()
    file = Watched(data[:-END_BYTES] + b"PK\x06\x07" + bytes(16) + data[-END_BYTES:])
    refused(store, file, "more files than a run has")
    assert file.first_read == len(data) - END_BYTES


@pytest.mark.parametrize("content", [b"", b"PK", b"hello" * 100, b"PK\x05\x06" + bytes(18)])
def test_what_is_no_archive_is_refused(store, content):
    refused(store, io.BytesIO(content))


def test_one_with_a_comment_is_none_of_ours(good, store):
    file = packed(good)
    with ZipFile(file, "a") as archive:
        archive.comment = b"hello"
    refused(store, file, "no archive")


def test_one_that_was_cut_off_is_refused(good, store):
    file = packed(good).getvalue()
    for length in range(0, len(file), 997):
        refused(store, io.BytesIO(file[:length]))


@pytest.mark.parametrize("name", ["config.json", MANIFEST])
def test_without_its_settings_or_its_list_it_is_refused(good, store, name):
    file = io.BytesIO()
    with ZipFile(packed(good)) as whole, ZipFile(file, "w") as part:
        for entry in whole.infolist():
            if entry.filename != name:
                part.writestr(entry.filename, whole.read(entry))
    refused(store, file, f"{name} is missing")


def test_a_file_that_is_not_listed_is_refused(good, store):
    listed = {name: content for name, content in good.items() if name != "log.txt"}
    refused(store, packed({**good, "log.txt": b"hello"}, listed=listed), "log.txt is only")


def test_a_listed_file_that_is_missing_is_refused(good, store):
    files = {name: content for name, content in good.items() if name != "samples.jsonl"}
    refused(store, packed(files, listed=good), "samples.jsonl is only")


@pytest.mark.parametrize("name", ["config.json", "metrics.jsonl", WEIGHTS])
def test_a_file_that_was_changed_is_refused(good, store, name):
    changed = {**good, name: good[name][:-1] + b"?"}
    refused(store, packed(changed, listed=good), "checksum does not match")


@pytest.mark.parametrize(
    "listed",
    [b"", b"[]", b"{", b"{}", b'{"format": "other"}', b"[" * 100_000, b"\xff\xfe", b"null"],
)
def test_a_list_that_is_none_is_refused(good, store, listed):
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in good.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, listed)
    refused(store, file, "list of files is not one")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_says_so(good, store, version):
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in good.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps({"format": "minigpt-run", "version": version}))
    assert "Open it with the MiniGPT that wrote it" in refused(store, file).message


@pytest.mark.parametrize("files", [None, 3, "x", [3], [{}], [{"name": 3}], {"a": 1}])
def test_a_list_of_nonsense_is_refused(good, store, files):
    values = {"format": "minigpt-run", "version": 1, "files": files}
    file = io.BytesIO()
    with ZipFile(file, "w") as archive:
        for name, content in good.items():
            archive.writestr(name, content)
        archive.writestr(MANIFEST, json.dumps(values))
    refused(store, file, "is only in the archive, or only")


def test_an_entry_that_says_less_than_it_unpacks_to_is_refused(good, store):
    """The size in the list of entries is what the limits are checked against."""
    file = bytearray(packed({"log.txt": b"x" * 5000, **good}).getvalue())
    place = file.rindex(b"log.txt") - 46
    assert file[place : place + 4] == b"PK\x01\x02"
    file[place + 24 : place + 28] = struct.pack("<L", 10)
    refused(store, io.BytesIO(file))


def test_another_name_in_front_of_the_file_than_in_the_list_is_refused(good, store):
    file = bytearray(packed({"log.txt": b"hello", **good}).getvalue())
    first = file.index(b"log.txt")
    file[first : first + 7] = b"../evil"
    refused(store, io.BytesIO(file), "no archive of a run, or it is damaged")


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_byte_is_changed_the_run_is_whole_or_refused(good, trained, store, data):
    file = bytearray(packed(good).getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        file[data.draw(st.integers(0, len(file) - 1))] = data.draw(st.integers(0, 255))
    try:
        run = read_archive(store, io.BytesIO(file))
    except MiniGPTError:
        assert left_behind(store) == []
    else:
        assert run.metrics.read_bytes() == trained.metrics.read_bytes()
        assert run.config() == trained.config()
        store.delete(run.id)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.text(st.characters(codec="utf-8"), min_size=1, max_size=30), content=st.binary())
def test_whatever_else_is_in_it_it_is_refused(good, store, name, content):
    if name in good or name in ("log.txt", MANIFEST):
        return
    refused(store, packed({**good, name: content}))


def test_the_description_of_an_entry_may_say_nothing_of_its_kind(good, store):
    def change(entry: ZipInfo) -> None:
        entry.external_attr = 0

    assert read_archive(store, packed(good, change=change)).exists


@pytest.mark.parametrize("content", [b"\0" * 5_000_000, b"\0\x01\x02\x03" * 1_500_000])
def test_weights_that_are_kept_much_larger_than_they_were_sent_are_refused(good, store, content):
    name = next(name for name in good if name.startswith("weights/step-"))
    file = Watched(packed({**good, name: content}).getvalue())
    refused(store, file, "more than 2 times")
    assert file.first_read >= file.list_begins
