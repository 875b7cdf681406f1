"""A run into a file and back. What else may be in such a file is in test_archive_entries.py."""

import io
import json

import pytest
import torch
from safetensors.torch import load_file, save

from minigpt.checkpoints.manifest import SavedState, add_state, list_checkpoints
from minigpt.errors import CheckpointError, RunError
from minigpt.runs.directory import write_rows
from minigpt.runs.records.rows import LIMITS
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from minigpt.runs.trained_model import open_model
from minigpt.runs.transfer import archive
from minigpt.runs.transfer.archive import archive_bytes, read_archive, write_archive
from minigpt.runs.transfer.archive_format import LARGEST_LOG
from tests.minigpt.runs.transfer.archives import archived, copied, files_in, left_behind

SAME = ("config.json", "metrics.jsonl", "samples.jsonl", "events.jsonl", "tokenizer.json")


def add_training_state(run, content=b"all it needs to go on"):
    saved = SavedState(
        step=12,
        file="training-00000012.safetensors",
        bytes=len(content),
        sha256=archive.hashlib.sha256(content).hexdigest(),
    )
    (run.weights / saved.file).write_bytes(content)
    add_state(run.weights, saved)


def test_a_run_that_was_downloaded_and_deleted_comes_back_the_same(trained, store):
    run = copied(trained, store)
    before = {name: (run.path / name).read_bytes() for name in SAME}
    model = open_model(run).model
    file = archived(run)
    store.delete(run.id)
    assert left_behind(store) == []

    back = read_archive(store, file)
    assert {name: (back.path / name).read_bytes() for name in SAME} == before
    assert list_checkpoints(back.weights) == list_checkpoints(trained.weights)
    for step in [one.step for one in list_checkpoints(back.weights)]:
        assert open_model(back, step=step).checkpoint.step == step
    weights = open_model(back).model.state_dict()
    assert all(torch.equal(weights[name], one) for name, one in model.state_dict().items())
    assert left_behind(store) == [back.id]


def test_it_looks_the_same_in_the_list_but_is_new_here(trained, store):
    original = RunStore(trained.path.parent).summarise(trained)
    back = store.summarise(read_archive(store, archived(trained)))
    assert back.id != original.id
    assert back.created_at > original.created_at
    same = ("name", "status", "rung", "corpus", "step", "best_validation_loss", "parameters")
    assert all(getattr(back, name) == getattr(original, name) for name in same)


def test_the_same_file_can_be_brought_twice_and_overwrites_nothing(trained, store):
    file = archived(trained)
    one, two = read_archive(store, file), read_archive(store, file, name="Another")
    assert one.id != two.id
    assert [store.summarise(run).name for run in (one, two)] == ["trained", "Another"]


def test_the_owner_and_the_traces_of_its_worker_stay_at_home(trained, store):
    run = copied(trained, store)
    run.write("meta", {**run.read("meta"), "owner": "anna", "tags": ["one"], "note": "seen"})
    for name in ("launch", "process", "queued", "control", "signals"):
        run.write(name, {"pid": 1})
    (run.path / "lock").touch()
    names = files_in(archived(run))
    assert b"anna" not in b"".join(names.values())
    assert not {"launch.json", "process.json", "queued.json", "control.json", "lock"} & set(names)
    summary = store.summarise(read_archive(store, archived(run)))
    assert (summary.owner, summary.tags, summary.note) == ("", ("one",), "seen")


def test_what_training_needs_to_go_on_travels_too(trained, store):
    run = copied(trained, store)
    weights = load_file(run.weights / list_checkpoints(run.weights)[-1].file)
    state = save({f"model/{name}": tensor for name, tensor in weights.items()})
    add_training_state(run, state)
    back = read_archive(store, archived(run))
    assert (back.weights / "training-00000012.safetensors").read_bytes() == state


def test_a_run_that_still_trains_is_taken_as_it_is_and_does_not_look_alive(trained, store):
    run = copied(trained, store)
    run.remove("exit")
    with run.metrics.open("a") as file:
        file.write('{"step": 13, "train_l')
    newest = list_checkpoints(run.weights)[-1]
    (run.weights / newest.file).unlink()  # a better step has just taken its place
    with run.lock():
        file = archived(run)
    back = read_archive(store, file)
    assert store.summarise(back).status is Status.STOPPED
    assert back.metrics.read_bytes() == trained.metrics.read_bytes()
    assert newest not in list_checkpoints(back.weights)
    assert open_model(back).checkpoint.step < newest.step


def test_damaged_weights_are_left_out(trained, store):
    run = copied(trained, store)
    damaged = list_checkpoints(run.weights)[0]
    (run.weights / damaged.file).write_bytes(b"damaged")
    assert damaged not in list_checkpoints(read_archive(store, archived(run)).weights)


def test_a_run_that_was_never_started_can_travel(run, store):
    run.write("queued", {"at": 1.0})
    back = read_archive(store, archived(run))
    assert store.summarise(back).status is Status.STOPPED
    assert not back.is_queued


@pytest.mark.parametrize("name", ["meta", "state", "exit", "tokenizer"])
def test_a_damaged_file_is_left_out(trained, store, name):
    run = copied(trained, store)
    (run.path / f"{name}.json").write_text("{")
    back = read_archive(store, archived(run))
    assert not store.summarise(back).status.is_live


def test_of_a_long_log_the_end_is_kept(run, store):
    log = "".join(f"line {number}\n" for number in range(LARGEST_LOG // 8))
    run.log.write_text(log)
    assert read_archive(store, archived(run)).log.read_text() == log[-LARGEST_LOG:] != log


def test_without_readable_settings_there_is_no_run(run):
    (run.path / "config.json").write_text("{")
    with pytest.raises(RunError, match="no readable config"):
        archived(run)


def test_a_damaged_list_of_weights_is_told(trained, store):
    run = copied(trained, store)
    (run.weights / "latest.json").write_text("{")
    with pytest.raises(CheckpointError, match="is damaged"):
        archived(run)
    with pytest.raises(CheckpointError, match="is damaged"):
        archive_bytes(run)


def test_a_run_that_is_too_large_says_what_to_do(trained):
    with pytest.raises(RunError, match="Copy its folder instead"):
        write_archive(trained, io.BytesIO(), most_bytes=1000)


def test_its_size_is_known_beforehand(trained):
    weights = sum(one.bytes for one in list_checkpoints(trained.weights))
    length = len(archived(trained).getvalue())
    assert weights < archive_bytes(trained)
    assert weights < length < 1.5 * archive_bytes(trained)


def test_a_full_disk_leaves_nothing_behind(trained, store, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    store.root.mkdir()
    monkeypatch.setattr(archive, "unpack", full)
    with pytest.raises(RunError, match="No space left"):
        read_archive(store, archived(trained))
    assert left_behind(store) == []


def test_interrupted_it_leaves_nothing_behind(trained, store, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    store.root.mkdir()
    monkeypatch.setattr(archive, "validate_and_normalise", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_archive(store, archived(trained))
    assert left_behind(store) == []


def test_there_must_be_room_before_anything_is_written(trained, store, full_host):
    with pytest.raises(Exception, match="nearly full"):
        read_archive(RunStore(store.root, full_host), archived(trained))
    assert left_behind(store) == []


def test_an_archive_is_an_ordinary_zip_with_a_list(trained):
    file = archived(trained)
    listed = json.loads(archive.ZipFile(file).read("manifest.json"))
    assert {one["name"] for one in listed["files"]} == set(files_in(file))
    assert listed["run"] == trained.id


def test_a_file_that_can_only_be_written_will_do(trained, tmp_path):
    path = tmp_path / "run.zip"
    with path.open("xb") as file:
        write_archive(trained, file)
    assert files_in(io.BytesIO(path.read_bytes())) == files_in(archived(trained))


@pytest.mark.parametrize(("rows", "length"), [(5_200, 10), (3_000, 2_000)])
def test_of_more_samples_than_an_archive_may_hold_the_newest_travel(trained, store, rows, length):
    run = copied(trained, store)
    write_rows(run, "samples", [{"step": step, "text": "x" * length} for step in range(rows)])
    back = read_archive(store, archived(run)).samples()
    assert back == run.samples()[-len(back) :]
    assert len(back) > 1_000
    assert len(back) <= LIMITS["samples"].rows
    assert sum(len(sample.text) for sample in back) <= LIMITS["samples"].bytes
