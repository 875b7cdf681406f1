import time
from functools import partial

import pytest

from minigpt.errors import ConfigurationError, DiskFullError, RunError
from minigpt.jobs import actions, queue
from minigpt.jobs.actions import allowed_actions, cancel, pause, resume, sample_now, save_now
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from tests.launching import FakeLauncher

ACTIONS = {"stop", "pause", "resume", "cancel", "save_now", "sample_now", "delete"}


@pytest.fixture
def watched():
    """The ids of runs that somebody keeps an eye on until they have stopped."""
    return []


@pytest.fixture
def stop(watched):
    """As `actions.stop`, with whoever keeps an eye on it only noting that."""
    return partial(actions.stop, watch=lambda run: watched.append(run.id))


@pytest.fixture(autouse=True)
def launcher(monkeypatch):
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "1")
    return FakeLauncher()


@pytest.fixture
def waiting(store, tiny):
    return store.create(tiny, name="waiting", queued=True)


@pytest.fixture
def training(run):
    """A run that trains."""
    with run.lock():
        run.write("launch", {"at": time.time()})
        run.write("state", {"heartbeat": time.time(), "phase": "training", "step": 5})
        yield run


@pytest.fixture
def ended(run):
    """A function that makes a run which ended in some way."""

    def make(status):
        run.write("launch", {"at": time.time()})
        run.write("state", {"heartbeat": time.time(), "step": 5})
        if status is not Status.KILLED:
            run.write("exit", {"outcome": str(status), "at": time.time()})
        assert status_of(run) is status
        return run

    return make


ENDED = [Status.PAUSED, Status.STOPPED, Status.FAILED, Status.KILLED, Status.FINISHED]
CAN_GO_ON = ENDED[:-1]


@pytest.mark.parametrize("status", list(Status))
def test_every_status_says_what_can_be_done(status):
    assert allowed_actions(status) <= ACTIONS
    assert allowed_actions(status)
    assert "delete" in allowed_actions(status) or status.is_live
    assert ACTIONS - {"delete"} <= set(dir(actions))


def test_stopping_asks_once_and_keeps_watch(training, watched, stop):
    stop(training)
    first = training.read("control")
    assert first["stop"] is True
    assert first["stop_at"] == pytest.approx(time.time(), abs=60)
    stop(training)
    assert training.read("control") == first  # a second click gives it no more time
    assert watched == [training.id] * 2


def test_stopping_a_run_that_waits_takes_it_out_of_the_queue(waiting, stop):
    stop(waiting)
    assert status_of(waiting) is Status.STOPPED
    assert waiting.read("control") == {}


@pytest.mark.parametrize("status", ENDED)
def test_stopping_what_has_ended_is_harmless(ended, status, watched, stop):
    run = ended(status)
    before = sorted(run.path.iterdir())
    stop(run)
    assert sorted(run.path.iterdir()) == before
    assert watched == []


def test_stopping_a_run_that_was_started_at_that_moment_stops_it(waiting, stop, monkeypatch):
    def start(store, run):
        run.write("launch", {"at": time.time()})
        run.remove("queued")
        raise RunError("This run is starting.")

    monkeypatch.setattr(actions, "cancel", start)
    stop(waiting)
    assert waiting.read("control")["stop"] is True


def test_a_stop_that_cannot_be_written_is_told(waiting, stop, refuse_writes):
    refuse_writes()
    with pytest.raises(RunError, match="No space left"):
        stop(waiting)


def test_pausing_asks(training):
    pause(training)
    assert training.read("control")["pause"] is True


@pytest.mark.parametrize(("act", "name"), [(save_now, "save"), (sample_now, "sample")])
def test_wishes_are_counted(training, act, name):
    for _ in range(3):
        act(training)
    assert training.read("control")[name] == 3


@pytest.mark.parametrize("act", [pause, save_now, sample_now])
@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_takes_no_wishes(ended, act, status):
    with pytest.raises(RunError, match=f"This run is {status}"):
        act(ended(status))


@pytest.mark.parametrize("act", [pause, save_now, sample_now])
def test_what_waits_takes_no_wishes(waiting, act):
    with pytest.raises(RunError, match="This run is queued"):
        act(waiting)


@pytest.mark.parametrize("status", CAN_GO_ON)
def test_a_run_that_ended_early_goes_on(store, ended, status, launcher):
    run = ended(status)
    run.request(stop=True, pause=True)
    resume(store, run, launcher=launcher)
    assert launcher.ids == [run.id]
    assert not run.read("control").get("stop")
    assert not run.read("control").get("pause")


@pytest.mark.parametrize("status", CAN_GO_ON)
def test_a_run_that_goes_on_waits_for_its_turn(store, ended, tiny, status, launcher):
    run = ended(status)
    with store.create(tiny, name="busy").lock():
        resume(store, run, launcher=launcher)
        assert status_of(run) is Status.QUEUED
        assert launcher.ids == []
        cancel(store, run)
        assert status_of(run) is status


def test_a_cancelled_run_can_go_on_after_all(store, waiting, launcher):
    cancel(store, waiting)
    assert status_of(waiting) is Status.STOPPED
    resume(store, waiting, launcher=launcher)
    assert launcher.ids == [waiting.id]


def test_who_resumes_it_a_moment_later_is_told(store, ended, launcher):
    run = ended(Status.PAUSED)

    def meanwhile():
        resume(store, run, launcher=launcher)
        run.write("launch", {"at": time.time()})
        return 2**40

    with pytest.raises(RunError, match="cannot be resumed"):
        resume(store, run, launcher=launcher, free=meanwhile)
    assert launcher.ids == [run.id]
    assert not run.is_queued


def test_a_finished_run_does_not_go_on(store, ended, launcher):
    with pytest.raises(RunError, match="Only a run can that is paused, stopped, failed, killed"):
        resume(store, ended(Status.FINISHED), launcher=launcher)


def test_a_run_that_trains_or_waits_does_not_go_on(store, training, waiting, launcher):
    for run in (training, waiting):
        with pytest.raises(RunError, match="cannot be resumed"):
            resume(store, run, launcher=launcher)


def test_only_what_waits_can_be_cancelled(store, training):
    with pytest.raises(RunError, match="This run is running, so it cannot be cancelled"):
        cancel(store, training)


@pytest.mark.parametrize(
    ("config", "error"), [("[", RunError), ('{"version": 99}', ConfigurationError)]
)
def test_a_run_with_damaged_settings_does_not_go_on(store, ended, config, error, launcher):
    run = ended(Status.PAUSED)
    (run.path / "config.json").write_text(config, encoding="utf-8")
    with pytest.raises(error):
        resume(store, run, launcher=launcher)
    assert not run.is_queued


def test_a_run_does_not_go_on_without_room(store, ended, launcher, full_host):
    run = ended(Status.PAUSED)
    full = RunStore(store.root, full_host)
    with pytest.raises(DiskFullError):
        resume(full, full.open(run.id), launcher=launcher)
    assert status_of(run) is Status.PAUSED


def test_one_who_has_too_many_waiting_resumes_nothing(store, tiny, monkeypatch, launcher):
    monkeypatch.setenv("MINIGPT_QUEUED_PER_OWNER", "1")
    run, other = (store.create(tiny, name="mine", owner="Ada") for _ in range(2))
    run.write("exit", {"outcome": "paused"})
    queue.enqueue(other)
    with pytest.raises(RunError, match="You have 1 runs waiting"):
        resume(store, run, launcher=launcher)
    assert status_of(run) is Status.PAUSED


def test_a_run_that_cannot_be_queued_says_so(store, ended, refuse_writes, launcher):
    run = ended(Status.PAUSED)
    refuse_writes(error=PermissionError(13, "Permission denied"))
    with pytest.raises(RunError, match="could not be put in the queue: Permission denied"):
        resume(store, run, launcher=launcher)


def test_a_resumed_run_whose_worker_cannot_be_started_says_so(store, ended, launcher):
    def fail(run):
        run.write("launch", {"at": time.time(), "exit_code": 127, "error": "No memory."})
        raise RunError("No memory.")

    launcher.work = fail
    with pytest.raises(RunError, match=r"No memory\."):
        resume(store, ended(Status.PAUSED), launcher=launcher)


@pytest.mark.parametrize("status", CAN_GO_ON)
def test_what_needs_more_memory_than_is_free_is_not_resumed(store, ended, launcher, status):
    run = ended(status)
    before = {path.name: path.read_bytes() for path in run.path.glob("*.json")}
    with pytest.raises(ConfigurationError, match=r"GB of memory; 0\.0 GB are free"):
        resume(store, run, launcher=launcher, free=lambda: 1_000_000)
    assert {path.name: path.read_bytes() for path in run.path.glob("*.json")} == before
    assert launcher.ids == []
    resume(store, run, launcher=launcher, free=lambda: 1_000_000, exceed_memory=True)
    assert launcher.ids == [run.id]


def test_what_has_to_wait_is_measured_by_what_the_machine_has(store, ended, waiting, launcher):
    run = ended(Status.PAUSED)
    resume(store, run, launcher=launcher, free=lambda: 1_000_000)
    assert status_of(run) is Status.QUEUED
