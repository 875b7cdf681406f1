import json
import math
import sys
import threading
import time
from pathlib import Path

import pytest

from minigpt.errors import RunError
from minigpt.host import Host
from minigpt.runs.directory import RunDirectory
from minigpt.runs.labels import new_run_id
from minigpt.runs.records import Settings, WorkerState
from minigpt.runs.status import STALLED_AFTER_SECONDS, Status
from minigpt.runs.store import (
    PROJECT_FOLDER,
    RunStore,
    _user_folder,
    bits_per_character,
    characters_per_token,
    status_of,
    summary_of,
)

ABSOLUTE = Path.cwd().absolute()


def test_the_folder_is_the_one_the_environment_names(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "elsewhere"))
    assert RunStore.default().root == tmp_path / "elsewhere"


def test_a_relative_folder_is_made_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", "elsewhere")
    assert RunStore.default().root == Path.cwd() / "elsewhere"


@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_a_named_folder_it_lies_beside_the_package(monkeypatch, value):
    monkeypatch.delenv("MINIGPT_CHECKPOINTS")
    if value is not None:
        monkeypatch.setenv("MINIGPT_CHECKPOINTS", value)
    assert RunStore.default().root == PROJECT_FOLDER / "checkpoints"
    assert (PROJECT_FOLDER / "minigpt").is_dir()


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_DATA_HOME": str(ABSOLUTE)}, ABSOLUTE),
        ("linux", {"XDG_DATA_HOME": "relative"}, "~/.local/share"),
        ("linux", {}, "~/.local/share"),
        ("freebsd14", {}, "~/.local/share"),
        ("darwin", {"XDG_DATA_HOME": str(ABSOLUTE)}, "~/Library/Application Support"),
        ("win32", {"LOCALAPPDATA": str(ABSOLUTE)}, ABSOLUTE),
        ("win32", {}, "~/AppData/Local"),
    ],
)
def test_each_system_has_its_folder_for_what_a_user_made(platform, variables, folder, monkeypatch):
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert _user_folder(platform) == Path(folder).expanduser()


def test_an_installed_package_keeps_runs_there(tmp_path, monkeypatch):
    monkeypatch.delenv("MINIGPT_CHECKPOINTS")
    installed = tmp_path  # there is no checkpoints/ in it
    expected = _user_folder(sys.platform) / "minigpt" / "runs"
    assert RunStore.default(installed).root == expected


def test_without_a_home_it_says_what_to_set(tmp_path, monkeypatch):
    def no_home(_):
        raise RuntimeError("Could not determine home directory.")

    for name in ("MINIGPT_CHECKPOINTS", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "expanduser", no_home)
    with pytest.raises(RunError, match="Set the environment variable MINIGPT_CHECKPOINTS"):
        RunStore.default(tmp_path)


def test_a_new_run_has_its_settings_and_its_name(store, tiny):
    run = store.create(tiny, name="  My first run! ")
    assert run.config() == tiny
    assert run.read("meta")["name"] == "My first run!"
    assert "-my-first-run-" in run.id
    assert store.open(run.id).path == run.path


def test_a_new_run_has_an_owner_and_room_for_notes(store, tiny):
    meta = store.create(tiny, name="mine", owner="Ada").read("meta")
    made = meta.pop("created_at")
    assert made == pytest.approx(time.time(), abs=60)
    assert meta == {"name": "mine", "owner": "Ada", "tags": [], "note": ""}


def test_a_new_run_may_wait_from_its_first_moment(store, tiny):
    run = store.create(tiny, name="mine", owner="Ada", queued=True)
    assert status_of(run) is Status.QUEUED
    assert run.read("queued") == {"at": run.read("meta")["created_at"], "owner": "Ada"}
    assert not store.create(tiny, name="mine").is_queued


def test_a_new_run_may_have_an_id_chosen_before(store, tiny):
    run_id = new_run_id("mine")
    assert store.create(tiny, name="mine", run_id=run_id).id == run_id


def test_runs_of_the_same_name_at_the_same_moment_do_not_meet(store, tiny):
    made = []
    threads = [
        threading.Thread(target=lambda: made.append(store.create(tiny, name="same").id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8
    assert {run.id for run in store.all()} == set(made)


@pytest.mark.parametrize("broken", ["config", "meta"])
def test_a_run_that_cannot_be_written_leaves_nothing_behind(store, tiny, refuse_writes, broken):
    refuse_writes(f"{broken}.json")
    with pytest.raises(RunError, match="No space left on device"):
        store.create(tiny, name="half")
    assert list(store.root.iterdir()) == []


def test_a_folder_that_cannot_be_made_says_which_one(tmp_path, tiny):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="MINIGPT_CHECKPOINTS"):
        RunStore(tmp_path / "file" / "checkpoints").create(tiny, name="x")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "..\\x", "/etc", "a/b", "C:\\x", ".hidden", "Ümlaut", "UPPER", "a\n"],
)
def test_what_is_no_run_id_opens_nothing(store, tiny, run, name):
    # One that would be found, were the name not looked at first.
    for folder in (store.root.parent / "x", store.root / ".hidden", store.root):
        folder.mkdir(exist_ok=True)
        RunDirectory(folder).write("config", tiny.to_dict())
    for act in (store.open, store.delete, lambda run_id: store.rename(run_id, "new")):
        with pytest.raises(RunError, match="There is no run called"):
            act(name)


def test_an_absolute_path_opens_nothing(store, run):
    with pytest.raises(RunError, match="There is no run called"):
        store.open(str(run.path))


def test_a_hidden_folder_with_settings_is_no_run(store, run):
    run.path.rename(store.root / ".hidden")
    assert store.all() == []


def test_an_empty_or_missing_folder_has_no_runs(tmp_path):
    assert RunStore(tmp_path).all() == []
    assert RunStore(tmp_path / "missing").all() == []


def test_runs_are_listed_newest_first_whatever_their_meta_looks_like(store, tiny):
    runs = [store.create(tiny, name=f"run {number}") for number in range(4)]
    for age, run in enumerate(runs[:3]):
        run.write("meta", {"name": run.id, "created_at": 1000 - age})
    runs[3].write("meta", {"created_at": "yesterday"})
    assert [run.id for run in store.all()] == [run.id for run in runs]


def test_a_run_nobody_started_is_summarised(store, run):
    summary = store.summarise(run)
    assert (summary.id, summary.name, summary.rung) == (run.id, "tiny", "gpt")
    assert (summary.step, summary.steps, summary.corpus) == (0, 12, "sentences")
    assert summary.best_validation_loss is None
    assert summary.status is Status.STARTING
    assert summary.created_at == pytest.approx(time.time(), abs=60)
    assert summary.reason is None


def test_a_trained_run_is_summarised_with_its_numbers(store, trained):
    summary = store.summarise(trained)
    assert summary.status is Status.FINISHED
    assert summary.step == summary.steps == 12
    assert summary.parameters is not None
    assert summary.best_validation_loss == trained.read("exit")["best_validation_loss"]


def test_a_failed_run_is_summarised_with_its_reason(store, run):
    run.write("exit", {"outcome": "failed", "reason": "The disk is full."})
    summary = store.summarise(run)
    assert (summary.status, summary.reason) == (Status.FAILED, "The disk is full.")


DAMAGES = ["", "{", "[]", "null", '"text"', "[[[", '{"name": 5, "created_at": [], "step": "x"}']


@pytest.mark.parametrize("content", DAMAGES)
@pytest.mark.parametrize("file", ["config", "meta", "state", "exit", "launch", "control"])
def test_a_damaged_file_never_hides_the_other_runs(store, tiny, run, file, content):
    whole = store.create(tiny, name="whole")
    (run.path / f"{file}.json").write_text(content, encoding="utf-8")
    summaries = {one.id: one for one in map(store.summarise, store.all())}
    assert set(summaries) == {run.id, whole.id}
    assert json.dumps([vars(summary) for summary in summaries.values()])


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, True, float("nan")])
def test_no_value_in_any_field_crashes_the_list(store, run, tiny, value):
    for name in ("config", "meta", "state", "exit", "launch"):
        fields = {**tiny.to_dict(), **dict.fromkeys(run.read(name), value)}
        run.write(name, {**fields, "outcome": value, "heartbeat": value, "exit_code": value})
    run.write("config", dict.fromkeys(tiny.to_dict(), value))
    summary = store.summarise(store.all()[0])
    assert isinstance(summary.name, str)
    assert isinstance(summary.steps, int)
    assert isinstance(summary.status, Status)


def test_renaming_keeps_the_id_and_the_date(store, run):
    before = run.read("meta")
    store.rename(run.id, "  another\nname ")
    assert store.open(run.id).read("meta") == {**before, "name": "another name"}


@pytest.mark.parametrize("name", ["", "   ", "\n", "\x1b"])
def test_an_empty_name_is_refused(store, run, name):
    with pytest.raises(RunError, match="needs a name"):
        store.rename(run.id, name)


def test_a_name_that_cannot_be_written_says_so(store, run, refuse_writes):
    refuse_writes()
    with pytest.raises(RunError, match="No space left on device"):
        store.rename(run.id, "new")


def test_deleting_removes_the_run_and_what_an_earlier_deletion_left(store, run):
    run.write("exit", {"outcome": "finished"})
    leftover = store.root / ".old.deleted"
    leftover.mkdir()
    store.delete(run.id)
    assert list(store.root.iterdir()) == []
    with pytest.raises(RunError, match="There is no run"):
        store.open(run.id)


def test_what_a_folder_stamps_and_judges_goes_by_the_clock_it_was_given(store, tiny):
    moment = 1000.0
    run = RunStore(store.root, Host(now=lambda: moment)).create(tiny, name="mine")
    assert run.meta().created_at == moment
    run.write("state", {"heartbeat": moment, "phase": "training"})
    with run.lock():
        assert status_of(run) is Status.RUNNING
        moment += STALLED_AFTER_SECONDS + 1
        assert status_of(run) is Status.STALLED
    run.request(stop=True)
    assert run.control().at == moment


def test_a_run_whose_worker_lives_is_not_deleted(store, run):
    run.write("state", {"heartbeat": time.time(), "phase": "training"})
    with run.lock(), pytest.raises(RunError, match="Stop it first"):
        store.delete(run.id)
    assert store.summarise(run).status is Status.KILLED
    store.delete(run.id)


def test_a_run_that_waits_is_not_deleted(store, tiny):
    run = store.create(tiny, name="waits", queued=True)
    with pytest.raises(RunError, match="Cancel it first"):
        store.delete(run.id)
    assert run.exists


def test_a_run_that_is_about_to_start_is_not_deleted(store, run):
    with pytest.raises(RunError, match="Stop it first"):
        store.delete(run.id)


def test_a_run_that_cannot_be_removed_stays_whole(store, run, monkeypatch):
    def busy(*_):
        raise PermissionError(13, "Permission denied")

    run.write("exit", {"outcome": "finished"})
    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(RunError, match="Permission denied"):
        store.delete(run.id)
    assert store.open(run.id).exists


def test_a_worker_that_begins_while_somebody_looks_is_not_reported_dead(run, monkeypatch):
    def begin(self):
        self.write("state", {"heartbeat": time.time()})
        return False  # seen a moment before it took the lock

    monkeypatch.setattr(RunDirectory, "is_alive", begin)
    assert status_of(run) is Status.STARTING


def test_a_worker_that_ends_while_somebody_looks_is_not_reported_dead(run, monkeypatch):
    def end(self):
        self.write("exit", {"outcome": "finished"})
        return False

    run.write("state", {"heartbeat": time.time()})
    monkeypatch.setattr(RunDirectory, "is_alive", end)
    assert status_of(run) is Status.FINISHED


CHARACTER, BPE = Settings(tokenizer="character"), Settings(tokenizer="bpe")


def test_a_character_is_a_token_to_a_character_tokenizer():
    assert characters_per_token(CHARACTER, WorkerState()) == 1.0
    assert bits_per_character(math.log(2), 1.0) == 1.0


def test_for_other_tokenizers_the_worker_has_to_have_measured_it():
    assert characters_per_token(BPE, WorkerState()) is None
    assert characters_per_token(BPE, WorkerState(characters_per_token=2.5)) == 2.5


def test_a_guess_among_256_bytes_takes_eight_bits():
    assert bits_per_character(math.log(256), 1.0) == pytest.approx(8.0)
    assert bits_per_character(math.log(256), 2.0) == pytest.approx(4.0)


@pytest.mark.parametrize("damaged", [0, -1, "2", None, True, math.inf])
def test_a_damaged_measure_counts_as_none(damaged):
    state = WorkerState.from_json({"characters_per_token": damaged})
    assert characters_per_token(BPE, state) is None


def test_without_a_loss_or_a_measure_there_are_no_bits():
    assert bits_per_character(None, 1.0) is None
    assert bits_per_character(1.0, None) is None


def test_a_summary_tells_whose_it_is_and_when_it_was_last_heard_of(store, run):
    meta = run.read("meta")
    run.write("meta", {**meta, "owner": "Ada", "tags": ["good", 5, "old"], "note": "Look!"})
    assert store.summarise(run).updated_at == meta["created_at"]
    run.write("state", {"heartbeat": meta["created_at"] + 5, "seconds": 4.5, "train_loss": 2.5})
    summary = store.summarise(run)
    assert (summary.owner, summary.tags, summary.note) == ("Ada", ("good", "old"), "Look!")
    assert summary.updated_at == meta["created_at"] + 5
    assert (summary.seconds, summary.train_loss) == (4.5, 2.5)
    run.write("exit", {"outcome": "paused", "at": meta["created_at"] + 9, "reason": "Full."})
    summary = store.summarise(run)
    assert summary.updated_at == meta["created_at"] + 9
    assert (summary.status, summary.reason) == (Status.PAUSED, "Full.")


@pytest.mark.parametrize("status", list(Status))
def test_a_run_without_files_has_a_summary_of_any_status(tmp_path, status):
    (tmp_path / "bare").mkdir()
    summary = summary_of(RunDirectory(tmp_path / "bare"), status)
    assert (summary.id, summary.name, summary.status) == ("bare", "bare", status)
