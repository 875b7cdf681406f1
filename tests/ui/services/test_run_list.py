import os
import shutil
import time

import pytest

from minigpt.runs.labels import set_labels
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore
from tests.ui.harness import made_run
from ui.services.runs import SETTLED_SECONDS, KnownRuns


@pytest.fixture
def store():
    return RunStore.default()


@pytest.fixture
def read(monkeypatch):
    """The runs whose files were read to summarise them."""
    seen, real = [], RunStore.summarise

    def summarise(store, run):
        seen.append(run.id)
        return real(store, run)

    monkeypatch.setattr(RunStore, "summarise", summarise)
    return seen


def settle(run):
    """Let a run's last change have been a while ago."""
    then = time.time() - SETTLED_SECONDS - 10
    os.utime(run.path, (then, then))


def test_a_run_that_has_ended_is_read_once(store, read):
    run = made_run(name="ended")
    settle(run)
    known = KnownRuns(store)
    first = known.summaries()
    assert known.summaries() == first == [store.summarise(run)]
    assert read == [run.id, run.id]  # the second time by this test


def test_whatever_changes_in_its_folder_is_seen(store):
    run = made_run(name="before")
    settle(run)
    known = KnownRuns(store)
    assert [one.name for one in known.summaries()] == ["before"]
    store.rename(run.id, "after")
    assert [one.name for one in known.summaries()] == ["after"]
    set_labels(run, note="a note")
    assert [one.note for one in known.summaries()] == ["a note"]
    run.remove("exit")
    assert [one.status for one in known.summaries()] == [Status.KILLED]
    run.write("queued", {"at": time.time(), "owner": ""})
    assert [one.status for one in known.summaries()] == [Status.QUEUED]


def test_what_changed_just_now_is_not_trusted_to_show_by_its_time(store, read):
    run = made_run(name="now")
    known = KnownRuns(store)
    known.summaries()
    about = run.path.stat()
    store.rename(run.id, "within the same tick of the clock")
    os.utime(run.path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert [one.name for one in known.summaries()] == ["within the same tick of the clock"]


def test_a_run_that_trains_is_read_at_every_look(store, read):
    run = made_run(name="live")
    run.remove("exit")
    run.write("state", {**run.read("state"), "heartbeat": time.time()})
    known = KnownRuns(store)
    with run.lock():
        settle(run)
        assert [one.status.is_live for one in known.summaries()] == [True]
        run.append("events", {"text": "this is no change of the folder"})
        assert [one.status.is_live for one in known.summaries()] == [True]
    assert read == [run.id, run.id]
    assert [one.status.is_live for one in known.summaries()] == [False]


def test_runs_that_are_gone_are_not_listed(store):
    runs = [made_run(name=name) for name in ("one", "two")]
    for run in runs:
        settle(run)
    known = KnownRuns(store)
    assert len(known.summaries()) == 2
    shutil.rmtree(runs[0].path)
    assert [one.id for one in known.summaries()] == [runs[1].id]
