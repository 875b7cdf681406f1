import threading
import time

import pytest

from minigpt.errors import DiskFullError, RunError
from minigpt.jobs.queue import hold_queue, positions, seconds_left, start_due_runs, start_now
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.launching import FakeLauncher


@pytest.fixture
def launcher(monkeypatch):
    """Notes the start of each run and starts nothing; one slot for them."""
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    return FakeLauncher(lambda run: run.write("launch", {"at": time.time()}))


@pytest.fixture
def add(store, tiny):
    """A function that puts a run in the queue, as if `at` some time."""
    numbers = iter(range(1, 100))

    def put(owner="", *, at=None):
        run = store.create(tiny, name="waits", owner=owner, queued=True)
        run.write("queued", {"at": float(at or next(numbers)), "owner": owner})
        return run

    return put


def end(store, run_id):
    store.open(run_id).write("exit", {"outcome": "finished", "at": time.time() + 1})


def test_nothing_waits_and_nothing_is_made(store, run, launcher):
    before = sorted(store.root.iterdir())
    start_due_runs(store, launcher=launcher)
    assert positions(store) == {}
    assert launcher.ids == []
    assert sorted(store.root.iterdir()) == before
    start_due_runs(RunStore(store.root / "missing"), launcher=launcher)


def test_runs_start_one_after_the_other_as_slots_get_free(store, add, launcher):
    runs = [add() for _ in range(3)]
    for number, run in enumerate(runs, 1):
        for _ in range(2):
            start_due_runs(store, launcher=launcher)
        assert launcher.ids == [one.id for one in runs[:number]]
        assert not run.is_queued
        assert status_of(run) is Status.STARTING
        end(store, run.id)
    start_due_runs(store, launcher=launcher)
    assert len(launcher.ids) == 3


def test_as_many_start_as_there_are_slots(store, add, launcher, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "2")
    runs = [add() for _ in range(3)]
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [run.id for run in runs[:2]]
    assert [status_of(run) for run in runs] == [Status.STARTING, Status.STARTING, Status.QUEUED]


def test_a_run_with_a_worker_takes_a_slot_however_it_was_started(store, run, add, launcher):
    add()
    with run.lock():
        start_due_runs(store, launcher=launcher)
    assert launcher.ids == []


def test_owners_take_turns(store, add, launcher):
    runs = {name: add(name[0]) for name in ("A1", "A2", "A3", "B1", "B2")}
    names = {run.id: name for name, run in runs.items()}
    expected = [names[run_id] for run_id in positions(store)]
    for _ in runs:
        start_due_runs(store, launcher=launcher)
        end(store, launcher.ids[-1])
    assert [names[run_id] for run_id in launcher.ids] == expected == ["A1", "B1", "A2", "B2", "A3"]


def test_somebody_whose_run_has_just_ended_lets_others_go_first(store, add, launcher):
    """Even those who came after the next run of the same owner was queued."""
    first, second, other = add("Ada", at=1), add("Ada", at=2), add("Bob", at=3)
    start_due_runs(store, launcher=launcher)
    end(store, first.id)
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [first.id, other.id]
    end(store, other.id)
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [first.id, other.id, second.id]


def test_nobody_has_more_at_once_than_is_allowed(store, add, launcher, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "5")
    monkeypatch.setenv("MINIGPT_RUNNING_PER_OWNER", "1")
    runs = [add("Ada"), add("Ada"), add("Bob"), add(), add()]
    start_due_runs(store, launcher=launcher)
    assert set(launcher.ids) == {runs[0].id, runs[2].id, runs[3].id, runs[4].id}
    assert list(positions(store)) == [runs[1].id]


def test_a_run_that_cannot_be_started_does_not_stop_the_others(store, add, launcher):
    bad, good = add(), add()
    real = launcher.work

    def launch(run):
        if run.id == bad.id:
            run.write("launch", {"at": time.time(), "exit_code": 127, "error": "No memory."})
            raise RunError("No memory.")
        real(run)

    launcher.work = launch
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [good.id]
    assert status_of(bad) is Status.FAILED
    with pytest.raises(RunError, match=r"No memory\."):
        start_now(store, bad, launcher=launcher)
    start_now(store, good, launcher=launcher)


def test_runs_wait_for_room_on_the_disk(store, add, launcher):
    runs, real, room = [add(), add()], launcher.work, []

    def launch(run):
        if not room:
            raise DiskFullError("Full.")
        real(run)

    launcher.work = launch
    start_now(store, runs[0], launcher=launcher)
    assert [status_of(run) for run in runs] == [Status.QUEUED] * 2
    room.append("some")
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [runs[0].id]


def test_a_run_whose_last_worker_is_not_gone_yet_waits_for_it(store, add, launcher):
    run = add()
    run.write("exit", {"outcome": "paused", "at": time.time()})
    with run.lock():
        start_due_runs(store, launcher=launcher)
        assert launcher.ids == []
        assert run.is_queued
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [run.id]


def test_a_damaged_entry_still_waits(store, add, launcher):
    run = add()
    (run.path / "queued.json").write_text("[", encoding="utf-8")
    assert list(positions(store)) == [run.id]
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [run.id]


def test_what_is_no_run_is_not_started(store, add, launcher):
    for name in (".draft.new", "UPPER", "empty"):
        (store.root / name).mkdir(parents=True)
        (store.root / name / "queued.json").touch()
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == []


def test_a_folder_of_that_name_is_no_place_in_the_queue(store, add, launcher):
    """It could never be removed, so the run would be started again whenever its worker ended."""
    run = add()
    run.remove("queued")
    (run.path / "queued.json").mkdir()
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == []
    assert not run.is_queued


def test_one_who_is_just_looking_leaves_it_to_those_who_are_at_it(store, add, launcher):
    add()
    with hold_queue(store):
        start_due_runs(store, launcher=launcher)
    assert launcher.ids == []


def test_one_whose_call_must_not_get_lost_waits(store, add, launcher):
    run = add()
    with hold_queue(store):
        ending = threading.Thread(
            target=start_due_runs,
            args=(store,),
            kwargs={"lock_timeout": 30.0, "launcher": launcher},
        )
        ending.start()
    ending.join()
    assert launcher.ids == [run.id]


def test_a_queue_that_is_kept_busy_is_an_error_for_people(store, run):
    with hold_queue(store), pytest.raises(RunError, match="busy"), hold_queue(store, timeout=0.05):
        pytest.fail("must not get here")


def test_many_who_look_at_once_start_each_run_once(store, add, launcher, monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "3")
    runs = [add() for _ in range(5)]
    lookers = [
        threading.Thread(
            target=start_due_runs,
            args=(store,),
            kwargs={"lock_timeout": 30.0, "launcher": launcher},
        )
        for _ in range(8)
    ]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    assert launcher.ids == [run.id for run in runs[:3]]


def running(run, **state):
    run.write("state", {"heartbeat": time.time(), "phase": "training", **state})


def test_positions_tell_when_a_run_will_start(store, run, add, launcher):
    first, second = add(), add()
    running(run, step=2, tokens_per_second=16.0)  # 10 steps of 16 tokens are left
    with run.lock():
        found = positions(store)
    assert [found[one.id].position for one in (first, second)] == [1, 2]
    assert [found[one.id].seconds for one in (first, second)] == [10.0, None]


@pytest.mark.parametrize(
    ("state", "seconds"),
    [
        ({"step": 2, "tokens_per_second": 16.0}, 10.0),
        ({"step": 12, "tokens_per_second": 16.0}, 0.0),
        ({"step": 99, "tokens_per_second": 16.0}, 0.0),
        ({"step": 2, "steps": 6, "tokens_per_second": 16.0}, 4.0),
        ({"step": 2, "tokens_per_second": 0.0}, None),
        ({"step": 2, "tokens_per_second": -1.0}, None),
        ({"step": 2, "tokens_per_second": "x"}, None),
        ({"step": 2}, None),
        ({"tokens_per_second": 16.0}, None),
        ({}, None),
    ],
)
def test_what_is_left_of_a_training_follows_from_its_speed(run, state, seconds):
    running(run, **state)
    assert seconds_left(run) == seconds


def test_a_run_with_a_time_limit_ends_by_then(store, tiny):
    run = store.create(tiny.changed({"training.minutes": 0.5}), name="timed")
    running(run, step=2, tokens_per_second=16.0, seconds=27.0)
    assert seconds_left(run) == 3.0
    running(run, step=2, tokens_per_second=16.0, seconds=5.0)
    assert seconds_left(run) == 10.0
    running(run, step=2, tokens_per_second=16.0, seconds=99.0)
    assert seconds_left(run) == 0.0


@pytest.mark.parametrize("section", ["training", "model"])
def test_damaged_settings_give_no_time(run, section):
    running(run, step=2, tokens_per_second=16.0)
    run.write("config", {**run.read("config"), section: None})
    assert seconds_left(run) is None


def test_the_queue_goes_on_when_a_worker_has_ended(store, add, launcher):
    first, second = add(), add()
    start_due_runs(store, launcher=launcher)
    assert launcher.ids == [first.id]
    end(store, first.id)
    [on_end] = launcher.ends
    on_end()
    assert launcher.ids == [first.id, second.id]
