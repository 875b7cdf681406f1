"""Workers and apps ended without warning, again and again, and nothing is lost.

An ordinary test run ends ten. MINIGPT_SOAK_KILLS says how many:

    MINIGPT_SOAK_KILLS=50 python -m pytest tests/processes/test_soak.py

Who is ended, and how long after which sign of life, follows from a seed; how far a worker gets
until then does not, so no two soaks are alike. With the variable set, a line
says what was met. Fifty took two and a half minutes on two cores.
"""

import hashlib
import json
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress

import pytest

from minigpt.checkpoints.manifest import list_checkpoints, list_states, log_spaced_steps
from minigpt.jobs.actions import resume
from minigpt.jobs.processes import live_worker_pid
from minigpt.runs.status import Status, reason_of
from minigpt.runs.store import status_of

from .conftest import KILL, wait_for

KILLS_VARIABLE = "MINIGPT_SOAK_KILLS"
KILLS = int(os.environ.get(KILLS_VARIABLE, "10"))
SEED = 20
STEPS = 400
RUNS_PER_ROUND = 4
APPS_SHARE = 0.25
"""Of all that is ended; the rest are workers."""
UNPREPARED_SHARE = 0.25
"""Of all workers that are ended: those that may not have begun to train."""
LONGEST_WAIT_SECONDS = 1.0
MEASURED = ("seconds", "own_seconds", "tokens_per_second", "memory")
"""What a row of metrics says that is another each time."""
KINDS = {
    "adam": {"model__dropout": 0.2},
    "muon": {"training__optimizer": "muon", "training__gradient_accumulation": 2},
}
# What a running app is to its runs: it asks for some, looks again and again, and starts workers.
APP = """
import json, time
from minigpt.jobs import queue
from minigpt.runs.config import RunConfig
from minigpt.jobs.submission import submit_run
from minigpt.runs.store import RunStore
store = RunStore.default()
for idempotency_key, config in json.loads({wanted!r}).items():
    submit_run(store, RunConfig.from_dict(config), name="soaked", idempotency_key=idempotency_key)
while True:
    queue.start_due_runs(store)
    time.sleep(0.2)
"""


class Soak:
    """Runs that are trained by whoever is alive, and the one who ends them."""

    def __init__(self, workplace):
        self.workplace, self.store = workplace, workplace.store
        self.chance = random.Random(SEED)
        self.configs = {
            name: workplace.config(
                training__steps=STEPS, training__evaluation_interval=10, **changes
            ).to_dict()
            for name, changes in KINDS.items()
        }
        self.unharmed = {}
        """The same trainings, never interrupted; by the name of their kind."""
        self.wanted = {}
        self.app = None
        self.listed = {}
        """The sha256 of every checkpoint that was ever seen in a manifest, by run and step."""
        self.met = Counter()

    def runs(self):
        """Every run that may be interrupted."""
        spared = {run.id for run in self.unharmed.values()}
        return sorted(
            (run for run in self.store.all() if run.id not in spared), key=lambda run: run.id
        )

    def want_more(self):
        names = [name for name in KINDS for _ in range(RUNS_PER_ROUND // len(KINDS))]
        for name in names:
            self.wanted[f"{name} {len(self.wanted)}"] = self.configs[name]
        self.restart_app()

    def restart_app(self):
        """Start an app that asks for the same runs as the one before; none may be made twice."""
        self.close_app()
        self.app = self.workplace.python(APP.format(wanted=json.dumps(self.wanted)))

    def close_app(self):
        app, self.app = self.app, None
        if app is not None:
            app.kill()
            app.communicate()

    def all_finished(self):
        runs = self.runs()
        made = len(runs) == len(self.wanted)
        return made and all(status_of(run) is Status.FINISHED for run in runs)

    def end_app(self):
        """End the app at any moment; whoever trained goes on training."""
        time.sleep(self.chance.uniform(0, LONGEST_WAIT_SECONDS))
        at_work = {run.id: live_worker_pid(run) for run in self.runs()}
        self.close_app()
        time.sleep(0.1)
        for run in self.runs():
            pid = at_work.get(run.id)
            if pid and live_worker_pid(run) != pid:
                assert status_of(run) is Status.FINISHED, run.id
        self.met["apps"] += 1
        self.restart_app()

    def end_worker(self):
        """End a worker at any moment, then let its run go on; False if there was none to end."""
        run = self.choose_victim()
        pid = run and live_worker_pid(run)
        if not pid:
            return False
        self.met[f"workers while {run.read('state').get('phase')}"] += 1
        with suppress(ProcessLookupError):
            os.kill(pid, KILL)
        wait_for(lambda: live_worker_pid(run) != pid)
        self.look_at(run)
        self.go_on(run)
        return True

    def choose_victim(self):
        """A run with a worker, at a moment of its life."""
        has_begun = self.chance.random() >= UNPREPARED_SHARE
        pause, pick = self.chance.uniform(0, LONGEST_WAIT_SECONDS), self.chance.random()

        def suitable():
            alive = [run for run in self.runs() if live_worker_pid(run)]
            if has_begun:
                alive = [run for run in alive if run.read("state").get("phase") == "training"]
            return alive or self.all_finished()

        found = wait_for(suitable)
        time.sleep(pause)
        return None if found is True else found[int(pick * len(found))]

    def go_on(self, run):
        status = status_of(run)
        self.met[f"then {status}"] += 1
        if status is Status.FINISHED:
            return
        assert status is Status.KILLED, reason_of(run, status)
        assert "ended" in reason_of(run, status)
        resume(self.store, run)

    def look_at(self, run):
        """Nothing that a manifest lists is missing or damaged, or was ever something else."""
        checkpoints = list_checkpoints(run.weights)
        for entry in (*checkpoints, *list_states(run.weights)):
            content = self.content_of(run, entry)
            if content is not None:
                assert len(content) == entry.bytes, (run.id, entry)
                assert hashlib.sha256(content).hexdigest() == entry.sha256, (run.id, entry)
                self.met["files checked"] += 1
        for one in checkpoints:
            assert self.listed.setdefault((run.id, one.step), one.sha256) == one.sha256

    def content_of(self, run, entry):
        """A listed file; None if a worker struck it off its list meanwhile."""
        try:
            return (run.weights / entry.file).read_bytes()
        except FileNotFoundError:
            now = (*list_checkpoints(run.weights), *list_states(run.weights))
            assert entry not in now, (run.id, entry)
            return None

    def require_all_well(self):
        """Every run went as if nothing had happened to it."""
        film = log_spaced_steps(STEPS, self.workplace.config().logging.checkpoints)
        kinds = {json.dumps(config): name for name, config in self.configs.items()}
        for run in self.runs():
            assert status_of(run) is Status.FINISHED, reason_of(run, status_of(run))
            self.look_at(run)
            # The launcher adds the checksum of the text.
            config = run.config().changed({"corpus.sha256": ""}).to_dict()
            same = self.unharmed[kinds[json.dumps(config)]]
            assert weights_of(run) == weights_of(same)
            assert measured(run) == measured(same)
            assert run.lines("samples") == same.lines("samples")
            assert run.read("exit")["train_loss"] == same.read("exit")["train_loss"]
            lost = {step for known, step in self.listed if known == run.id} - set(weights_of(run))
            assert not lost & film
            assert not [path for path in run.weights.iterdir() if path.name.startswith(".")]


def weights_of(run):
    return {one.step: one.sha256 for one in list_checkpoints(run.weights)}


def measured(run):
    """What metrics.jsonl says of each step, every line of it."""
    lines = run.metrics.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [{name: row[name] for name in row if name not in MEASURED} for row in rows]


@pytest.fixture
def soak(workplace, monkeypatch):
    workplace.places = 2
    monkeypatch.setenv("MINIGPT_MAX_RUNNING", "2")
    soak = Soak(workplace)
    yield soak
    soak.close_app()


@pytest.mark.timeout(60 + 30 * KILLS)
def test_no_kill_costs_more_than_time(soak, workplace, capsys):
    began = time.monotonic()
    changes = {"training__steps": STEPS, "training__evaluation_interval": 10}
    soak.unharmed = {name: workplace.start(**changes, **kind) for name, kind in KINDS.items()}
    wait_for(lambda: not any(status_of(run).is_live for run in soak.unharmed.values()))
    for run in soak.unharmed.values():
        assert [row["step"] for row in run.lines("metrics")] == list(range(STEPS + 1))

    soak.want_more()
    killed = 0
    while killed < KILLS:
        if soak.all_finished():
            soak.want_more()
        if soak.chance.random() < APPS_SHARE:
            soak.end_app()
            killed += 1
        else:
            killed += soak.end_worker()
    wait_for(soak.all_finished)
    soak.require_all_well()
    if KILLS_VARIABLE in os.environ:
        told = ", ".join(f"{number} {what}" for what, number in sorted(soak.met.items()))
        seconds, runs = time.monotonic() - began, len(soak.runs())
        with capsys.disabled():
            sys.stdout.write(f"\n{killed} kills, {runs} runs, {seconds:.0f} s: {told}\n")
