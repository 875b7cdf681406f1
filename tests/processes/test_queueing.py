"""Runs that wait for each other, with nobody watching."""

import json

import pytest

from minigpt.jobs.actions import cancel, resume, stop
from minigpt.jobs.fork_server import VARIABLE
from minigpt.runs.status import Status
from minigpt.runs.store import status_of

# An app that starts three runs and then does nothing more. The first trains until it is stopped: it
# must not end before the last is there.
APP = """
import json, time
from minigpt.runs.config import RunConfig
from minigpt.jobs.submission import submit_run
from minigpt.runs.store import RunStore
config = RunConfig.from_dict(json.loads({config!r}))
for owner, steps in ("Ada", 1_000_000), ("Ada", 4), ("Bob", 4):
    asked = config.changed({{"training.steps": steps}})
    submit_run(RunStore.default(), asked, name="waits", owner=owner)
print("started", flush=True)
time.sleep(600)
"""
# What an app opens itself, and what ends with it: the last two runs find none.
OPENS = f"""
import os
from minigpt.jobs.fork_server import wait_until_ready
from minigpt.jobs.processes import open_fork_server
os.environ.pop({VARIABLE!r})
server = open_fork_server()
wait_until_ready(180)
"""
# One of several processes that ask for runs at once, with five threads each.
MANY = """
import json
from concurrent.futures import ThreadPoolExecutor
from minigpt.runs.config import RunConfig
from minigpt.jobs.submission import submit_run
from minigpt.runs.store import RunStore
config = RunConfig.from_dict(json.loads({config!r}))
def request(idempotency_key):
    return submit_run(RunStore.default(), config, name="one", idempotency_key=idempotency_key).id
with ThreadPoolExecutor(5) as pool:
    print(json.dumps(list(pool.map(request, {keys!r}))))
"""


@pytest.fixture
def one_place(workplace, monkeypatch, fork_server):
    """A workplace where one run trains at a time."""
    workplace.places = 1
    workplace.fork_server = fork_server(1)
    for name, value in workplace.variables.items():
        monkeypatch.setenv(name, value)
    return workplace


@pytest.mark.parametrize("before", ["", OPENS])
def test_a_queue_drains_after_the_app_was_killed(one_place, training, until, before):
    config = json.dumps(one_place.config().to_dict())
    with one_place.python(before + APP.format(config=config)) as app:
        assert app.stdout.readline() == "started\n"
        app.kill()
    runs, most = sorted(one_place.store.all(), key=lambda run: run.read("meta")["created_at"]), []
    first, *others = runs

    def drained():
        statuses = [status_of(run) for run in runs]
        most.append(sum(status.has_worker for status in statuses))
        return all(status is Status.FINISHED for status in statuses[1:])

    assert len(runs) == 3
    until(lambda: training(first))
    assert [status_of(run) for run in others] == [Status.QUEUED, Status.QUEUED]
    stop(first)
    until(drained)
    assert status_of(first) is Status.STOPPED
    assert max(most) == 1
    # Owners take turns: Bob does not wait for both of Ada's.
    begun = sorted(runs, key=lambda run: run.read("launch")["at"])
    assert [run.read("meta")["owner"] for run in begun] == ["Ada", "Bob", "Ada"]


def test_a_killed_worker_makes_room_for_the_next(one_place, training, until, kill):
    first, second = one_place.start(), one_place.start()
    until(lambda: training(first))
    assert status_of(second) is Status.QUEUED
    kill(first)
    until(lambda: training(second))
    resume(one_place.store, first)
    assert status_of(first) is Status.QUEUED
    cancel(one_place.store, first)
    assert status_of(first) is Status.KILLED


def test_the_command_line_waits_for_its_turn(one_place, training, until):
    busy = one_place.start()
    until(lambda: training(busy))
    with one_place.open(*one_place.train, "--file", one_place.text, "--json") as command:
        assert "This text is very short" in command.stderr.readline()
        assert command.stderr.readline() == "Waiting: number 1 in the queue.\n"
        assert one_place.minigpt("stop", busy.id)[0] == 0
        out, err = command.communicate(timeout=90)
    assert command.returncode == 0, err
    assert json.loads(out)["status"] == "finished"


@pytest.mark.parametrize("number", [1, 20])
def test_twenty_requests_from_four_processes(one_place, number):
    config = json.dumps(one_place.config(training__steps=2).to_dict())
    keys = [f"click {count % number}" for count in range(20)]
    # The only place is taken, so that all of them wait.
    with one_place.store.create(one_place.config(), name="busy").lock():
        programs = [
            one_place.python(MANY.format(config=config, keys=keys[first : first + 5]))
            for first in range(0, 20, 5)
        ]
        answers = [json.loads(program.communicate(timeout=90)[0]) for program in programs]
        ids = {run_id for answer in answers for run_id in answer}
        assert len(ids) == number
        assert {run.id for run in one_place.store.all() if run.is_queued} == ids
        for run in one_place.store.all():
            run.remove("queued")
