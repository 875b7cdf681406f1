"""Who is signalled, and when. Signals are recorded here; tests/processes sends real ones."""

import os
import signal
import time

import pytest

from minigpt.jobs.processes import of_this_process
from minigpt.jobs.termination import KILL, Delays, Due, due_action, escalate, terminate_due, watch

DELAYS = Delays(terminate=15.0, kill=30.0)
AT_ONCE = Delays(terminate=0.0, kill=0.0)
posix_only = pytest.mark.skipif(os.name != "posix", reason="elsewhere nobody is asked to end")


@pytest.fixture
def sent(monkeypatch):
    """The signals that would have been sent to this process."""
    signals = []

    def send(pid, number):
        if number:  # 0 only asks whether there is such a process
            assert pid == os.getpid()
            signals.append(number)

    monkeypatch.setattr(os, "kill", send)
    monkeypatch.setattr(os, "killpg", send, raising=False)
    return signals


@pytest.fixture
def live(run):
    """A run whose worker is this process."""
    run.write("process", of_this_process().to_json())
    run.write("launch", {"at": time.time() - 100})
    with run.lock():
        yield run


@pytest.mark.parametrize(
    ("now", "terminated_at", "heartbeat_timeout", "what"),
    [
        (100.0, None, 0.0, Due.NOTHING),
        (114.9, None, 0.0, Due.NOTHING),
        (115.0, None, 0.0, Due.TERMINATE),
        # Nobody looked for long: still asked first, and given the time to answer.
        (900.0, None, 0.0, Due.TERMINATE),
        (900.0, 899.0, 0.0, Due.NOTHING),
        (144.9, 115.0, 0.0, Due.NOTHING),
        (145.0, 115.0, 0.0, Due.KILL),
        # One whose steps take long is given the time that they take.
        (145.0, 115.0, 30.0, Due.KILL),
        (145.0, 115.0, 120.0, Due.NOTHING),
        (235.0, 115.0, 120.0, Due.KILL),
        (90.0, None, 0.0, Due.NOTHING),
    ],
)
def test_what_is_due(now, terminated_at, heartbeat_timeout, what):
    found = due_action(
        asked_at=100.0,
        terminated_at=terminated_at,
        now=now,
        heartbeat_timeout=heartbeat_timeout,
        delays=DELAYS,
    )
    assert found is what


@posix_only
def test_a_worker_that_does_not_answer_is_asked_and_then_ended(live, sent):
    live.request(stop=True, stop_at=time.time() - 15)
    assert escalate(live, DELAYS)
    assert sent == [signal.SIGTERM]
    assert escalate(live, DELAYS)
    assert sent == [signal.SIGTERM]
    note = live.read("signals")
    live.write("signals", {**note, "terminated_at": time.time() - 31})
    assert escalate(live, DELAYS)
    assert sent == [signal.SIGTERM, KILL]
    assert live.read("signals")["killed_at"] == pytest.approx(time.time(), abs=60)


@posix_only
def test_every_run_is_seen_to(live, sent, store):
    terminate_due(store, AT_ONCE)
    assert sent == []
    live.request(stop=True, stop_at=time.time() - 1)
    terminate_due(store, AT_ONCE)
    terminate_due(store, AT_ONCE)
    assert sent == [signal.SIGTERM, KILL]


def test_a_worker_that_was_just_asked_is_left_alone(live, sent):
    live.request(stop=True, stop_at=time.time())
    assert escalate(live, DELAYS)
    assert sent == []


def test_a_worker_that_nobody_asked_to_stop_is_left_alone(live, sent):
    live.request(pause=True, save=3)
    assert not escalate(live, AT_ONCE)
    live.write("control", {"stop": "yes", "at": time.time()})
    assert not escalate(live, AT_ONCE)
    assert sent == []


def test_a_run_that_has_ended_is_left_alone(run, sent):
    run.write("process", of_this_process().to_json())
    run.request(stop=True, stop_at=1.0)
    assert not escalate(run, AT_ONCE)
    run.write("exit", {"outcome": "stopped"})
    with run.lock():
        assert not escalate(run, AT_ONCE)
    assert sent == []


def test_a_request_to_an_earlier_worker_does_not_end_the_next(live, sent):
    live.request(stop=True, stop_at=time.time() - 500)
    assert not escalate(live, AT_ONCE)
    assert sent == []


@posix_only
def test_a_second_request_starts_from_the_beginning(live, sent):
    live.write("signals", {"stop_at": 5.0, "terminated_at": 20.0})
    live.request(stop=True, stop_at=time.time() - 50)
    escalate(live, DELAYS)
    assert sent == [signal.SIGTERM]


def test_a_worker_of_slow_steps_is_given_their_time(live, sent):
    asked_at = time.time() - 50
    live.request(stop=True, stop_at=asked_at)
    live.write("signals", {"stop_at": asked_at, "terminated_at": time.time() - 31})
    live.write("state", {"phase": "training", "heartbeat_timeout": 600.0})
    assert escalate(live, DELAYS)
    assert sent == []
    live.write("state", {"phase": "preparing", "heartbeat_timeout": 600.0})
    assert escalate(live, DELAYS)
    assert sent == [KILL]


@pytest.mark.parametrize("note", [{}, {"pid": os.getpid()}, {"pid": os.getpid(), "started": "1"}])
def test_a_process_that_is_not_known_for_certain_is_never_signalled(live, sent, note):
    live.write("process", note)
    live.request(stop=True, stop_at=time.time() - 1)
    for _ in range(4):
        assert escalate(live, AT_ONCE)
    assert sent == []


def test_a_process_that_ends_meanwhile_disturbs_nobody(live, monkeypatch):
    def gone(*_):
        raise ProcessLookupError

    for name in ("kill", "killpg"):
        monkeypatch.setattr(os, name, gone, raising=False)
    live.request(stop=True, stop_at=time.time() - 1)
    for _ in range(3):
        assert escalate(live, AT_ONCE)
    assert "killed_at" not in live.read("signals")


@posix_only
@pytest.mark.parametrize(
    ("group", "launched", "whole_group"), [("own", 0, True), (77, 77, True), (77, 78, False)]
)
def test_only_a_group_of_its_own_is_ended_as_a_whole(
    live, monkeypatch, group, launched, whole_group
):
    ended = []
    group = os.getpid() if group == "own" else group
    monkeypatch.setattr(os, "getpgid", lambda _: group)
    monkeypatch.setattr(os, "kill", lambda pid, number: ended.append(("one", pid, number)))
    monkeypatch.setattr(os, "killpg", lambda pid, number: ended.append(("group", pid, number)))
    asked_at = time.time() - 50
    live.write("launch", {"at": asked_at - 50, "pid": launched})
    live.request(stop=True, stop_at=asked_at)
    live.write("signals", {"stop_at": asked_at, "terminated_at": time.time() - 40})
    escalate(live, DELAYS)
    assert ended == [("group", group, KILL) if whole_group else ("one", os.getpid(), KILL)]


def test_watching_ends_with_the_run(run):
    run.request(stop=True, stop_at=time.time())
    with run.lock():
        watcher = watch(run, DELAYS, sleep=lambda _: time.sleep(0.01))
        assert watcher.is_alive()
    watcher.join(30)
    assert not watcher.is_alive()
    assert watcher.daemon
