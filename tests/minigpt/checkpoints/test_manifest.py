import hashlib
import json
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigpt.checkpoints.manifest import (
    MANIFEST,
    VERSION,
    Checkpoint,
    SavedState,
    add_checkpoint,
    list_checkpoints,
    log_spaced_steps,
    read_listed,
    remove_checkpoint,
)
from minigpt.errors import CheckpointError


def checkpoint(step, loss=2.5):
    return Checkpoint(
        step=step,
        file=f"step-{step:08d}.safetensors",
        bytes=10,
        sha256="0" * 64,
        validation_loss=loss,
    )


@pytest.fixture
def listed(folder):
    """Three listed steps with their files."""
    folder.mkdir()
    for step in (20, 0, 5):
        add_checkpoint(folder, checkpoint(step))
        (folder / checkpoint(step).file).write_bytes(b"weights")
    return folder


def test_without_a_manifest_nothing_is_listed(folder):
    assert list_checkpoints(folder) == []


def test_checkpoints_come_earliest_first(listed):
    assert list_checkpoints(listed) == [checkpoint(0), checkpoint(5), checkpoint(20)]


def test_a_step_is_listed_once(listed):
    add_checkpoint(listed, checkpoint(5, loss=None))
    assert [(one.step, one.validation_loss) for one in list_checkpoints(listed)] == [
        *((0, 2.5), (5, None), (20, 2.5)),
    ]


def test_an_unlisted_file_does_not_count(listed):
    (listed / checkpoint(7).file).write_bytes(b"cut short")
    assert 7 not in {one.step for one in list_checkpoints(listed)}


FACTS = {"step": 5, "file": "five", "bytes": 7, "sha256": hashlib.sha256(b"weights").hexdigest()}


@pytest.mark.parametrize(
    ("saved", "begins"),
    [
        (Checkpoint(**FACTS, validation_loss=None), "The weights of step 5 are"),
        (SavedState(**FACTS), "The training state of step 5 is"),
    ],
)
def test_what_is_listed_is_read_only_as_it_was_written(tmp_path, saved, begins):
    with pytest.raises(CheckpointError, match=f"^{begins} missing"):
        read_listed(tmp_path, saved)
    (tmp_path / "five").write_bytes(b"weights")
    assert read_listed(tmp_path, saved) == b"weights"
    (tmp_path / "five").write_bytes(b"weightS")
    with pytest.raises(CheckpointError, match=rf"^{begins} damaged.*Choose another step\."):
        read_listed(tmp_path, saved)


def test_a_removed_step_is_gone_from_list_and_disk(listed):
    remove_checkpoint(listed, 5)
    assert [one.step for one in list_checkpoints(listed)] == [0, 20]
    assert sorted(path.name for path in listed.iterdir()) == [
        MANIFEST,
        checkpoint(0).file,
        checkpoint(20).file,
    ]


def test_removing_what_is_not_there_is_harmless(listed, folder, contents):
    before = contents(listed)
    remove_checkpoint(listed, 6)
    assert contents(listed) == before
    (listed / checkpoint(5).file).unlink()
    remove_checkpoint(listed, 5)
    remove_checkpoint(folder / "nowhere", 5)


def test_a_list_that_cannot_be_written_leaves_the_file(listed, monkeypatch, contents):
    before = contents(listed)
    monkeypatch.setattr("pathlib.Path.replace", _refuse)
    with pytest.raises(OSError, match="disk"):
        remove_checkpoint(listed, 5)
    assert contents(listed) == before


def test_a_manifest_of_another_version_is_refused(listed):
    manifest = json.loads((listed / MANIFEST).read_text())
    (listed / MANIFEST).write_text(json.dumps({**manifest, "version": VERSION + 1}))
    with pytest.raises(CheckpointError, match=r"has version 2; this MiniGPT reads version 1"):
        list_checkpoints(listed)


ENTRY = {"step": 1, "file": "step-1", "bytes": 1, "sha256": "", "validation_loss": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": 1, "checkpoints": 3}',
        '{"version": 1, "checkpoints": ["step-1"]}',
        json.dumps({"version": 1, "checkpoints": [{"step": 1}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "size": 3}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "step": "one"}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "file": 3}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "file": "../../precious"}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "file": "C:\\precious"}]}),
        json.dumps({"version": 1, "checkpoints": [{**ENTRY, "file": "/precious"}]}),
    ],
)
@pytest.mark.usefixtures("unchecked_types")
def test_a_damaged_manifest_is_refused_and_never_overwritten(listed, contents, text):
    (listed / MANIFEST).write_text(text)
    before = contents(listed)
    for attempt in (
        lambda: list_checkpoints(listed),
        lambda: add_checkpoint(listed, checkpoint(30)),
        lambda: remove_checkpoint(listed, 1),
    ):
        with pytest.raises(CheckpointError, match="is damaged"):
            attempt()
    assert contents(listed) == before


@given(st.integers(1, 10_000_000), st.integers(2, 200))
def test_steps_to_keep_run_from_start_to_end(total, count):
    steps = log_spaced_steps(total, count)
    assert {0, total} <= steps
    assert min(steps) == 0
    assert max(steps) == total
    assert len(steps) <= count


@given(st.integers(1, 10_000_000), st.integers(2, 200))
def test_steps_to_keep_lie_denser_at_the_start(total, count):
    positive = sorted(log_spaced_steps(total, count) - {0})
    gaps = [later - earlier for earlier, later in pairwise(positive)]
    # Rounding moves either end of a gap by half a step.
    assert all(after >= before - 2 for before, after in pairwise(gaps))


@pytest.mark.parametrize(
    ("total", "count", "expected"),
    [
        (1, 2, {0, 1}),
        (600, 2, {0, 600}),
        (600, 3, {0, 1, 600}),
        (6, 12, {0, 1, 2, 3, 4, 5, 6}),
        (1000, 5, {0, 1, 10, 100, 1000}),
    ],
)
def test_steps_to_keep_by_hand(total, count, expected):
    assert log_spaced_steps(total, count) == expected


def test_importing_it_does_not_import_torch():
    code = "import sys, minigpt.checkpoints.manifest; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _refuse(*_):
    raise OSError("the disk refused")
