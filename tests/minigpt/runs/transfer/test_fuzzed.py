"""Archives with bytes changed at random: imported or refused in words, and nothing is left."""

import hashlib
import io
import json
import random
import shutil

import pytest

from minigpt.errors import MiniGPTError
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.runs.transfer.archive import read_archive
from tests.minigpt.runs.transfer.archives import archived, files_in, left_behind, packed

TIMES = 60
LATEST = "weights/latest.json"
PIECES = (b"null", b"1e400", b"-1", b"true", b"\\ud800", b"{}", b"[[", b"\0", b"9" * 5000, b'"')


@pytest.fixture(scope="module")
def good(trained):
    return archived(trained).getvalue()


@pytest.fixture
def store(folders):
    made = RunStore.default()
    made.root.mkdir()
    return made


def test_a_file_with_other_bytes_is_imported_whole_or_not_at_all(good, store):
    chance = random.Random(1)
    for _ in range(TIMES):
        # The list of entries is at the end, and is what is believed first.
        end = chance.choice((0, len(good) - 2000))
        tried(store, io.BytesIO(spoilt(good, chance, start=end)))


def test_files_with_other_bytes_and_right_checksums_are_imported_whole_or_not_at_all(good, store):
    chance, files = random.Random(2), files_in(io.BytesIO(good))
    for _ in range(TIMES):
        name = chance.choice(sorted(files))
        tried(store, packed(relisted({**files, name: spoilt(files[name], chance)}, name)))


def spoilt(content, chance, *, start=0):
    """Bytes changed, something put in, or the rest cut off."""
    changed, place = bytearray(content), lambda: chance.randrange(start, len(content) + 1)
    kind = chance.choice(("change", "change", "insert", "cut"))
    if kind == "cut":
        return bytes(changed[: place()])
    if kind == "insert":
        at = place()
        changed[at:at] = chance.choice(PIECES)
        return bytes(changed)
    for _ in range(chance.choice((1, 3, 20))):
        changed[place() - 1] = chance.randrange(256)
    return bytes(changed)


def relisted(files, name):
    """The same files, with a list of weights that has this one's new checksum."""
    folder, _, file = name.rpartition("/")
    if not folder or name == LATEST:
        return files
    listed = json.loads(files[LATEST])
    for one in (*listed["checkpoints"], *listed["training_states"]):
        if one["file"] == file:
            one["bytes"], one["sha256"] = len(files[name]), hashlib.sha256(files[name]).hexdigest()
    return {**files, LATEST: json.dumps(listed).encode()}


def tried(store, file):
    try:
        run = read_archive(store, file)
        open_model(run)
    except MiniGPTError:
        pass
    for run in store.all():
        store.summarise(run)
        shutil.rmtree(run.path)
    assert left_behind(store) == []
