"""A workplace for real worker processes: folders of its own, and nobody left running."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from minigpt.jobs.fork_server import NONE, VARIABLE, wait_until_ready
from minigpt.jobs.processes import open_fork_server
from minigpt.jobs.submission import submit_run
from minigpt.runs.config import RunConfig
from minigpt.runs.status import Status
from minigpt.runs.store import PROJECT_FOLDER, RunStore, status_of

PATIENCE_SECONDS = 90.0
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # on Windows, SIGTERM ends a process at once
TEXT = "".join(f"{number} cats sat on {number + 1} mats and saw a dog.\n" for number in range(40))
SETTINGS = {
    "model.context_length": 8,
    "model.width": 16,
    "model.num_layers": 1,
    "model.num_heads": 2,
    "training.batch_size": 2,
    "training.evaluation_interval": 4,
    "logging.checkpoints": 3,
    "logging.sample_tokens": 5,
}


@dataclass
class Workplace:
    """Two folders, and the processes that were started in them."""

    folder: Path
    places: int = 8
    """Runs that train at once: more than any test starts, and therefore one thread each."""
    fork_server: str = NONE

    @property
    def store(self):
        return RunStore(self.folder / "checkpoints")

    @property
    def variables(self):
        return {
            "MINIGPT_CHECKPOINTS": str(self.folder / "checkpoints"),
            "MINIGPT_DATA": str(self.folder / "data"),
            "MINIGPT_MAX_RUNNING": str(self.places),
            VARIABLE: self.fork_server,
        }

    @property
    def text(self):
        file = self.folder / "cats.txt"
        file.write_text(TEXT, encoding="utf-8")
        return file

    @property
    def train(self):
        """The arguments of a training that takes seconds."""
        settings = [f"{path}={value}" for path, value in SETTINGS.items()]
        words = [word for setting in settings for word in ("--set", setting)]
        return ["train", "--preset", "quick", *words, "--set", "training.steps=8"]

    def hook(self, code):
        """Have code run in every worker before anything else, as some other program might."""
        folder = self.folder / "hook"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(code, encoding="utf-8")
        return str(folder)

    def python(self, code):
        """Start a program of its own in this workplace."""
        return subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=PROJECT_FOLDER,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def open(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "minigpt", *map(str, arguments)],
            cwd=PROJECT_FOLDER,
            env={**os.environ, **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def minigpt(self, *arguments):
        """Run a command to its end; returns its exit code, answer and messages."""
        with self.open(*arguments) as process:
            out, err = process.communicate(timeout=PATIENCE_SECONDS)
            return process.returncode, out, err

    def config(self, **changes):
        """A run that goes on until it is ended, unless `training__steps` is given."""
        steps = {"training.steps": 1_000_000, "training.evaluation_interval": 1_000_000}
        config = RunConfig().changed({**SETTINGS, **steps, "corpus.name": "sentences"})
        return config.changed({name.replace("__", "."): to for name, to in changes.items()})

    def start(self, **changes):
        """Start such a run in the background."""
        return submit_run(self.store, self.config(**changes), name="started")

    def leave(self):
        for run in self.store.all():  # or the next would start as one ends
            run.remove("queued")
        for run in self.store.all():
            if run.is_alive():
                with suppress(OSError, KeyError):
                    os.kill(run.read("process")["pid"], KILL)
                wait_for(lambda run=run: not run.is_alive())


def wait_for(condition):
    """Wait until something is true, and fail if it never becomes so."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (found := condition()):
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.05)
    return found


@pytest.fixture(scope="session")
def fork_server():
    """A function that gives the address of a server for workplaces with so many places.

    So workers begin as those of the app do, copied from a process that has the libraries.
    """
    opened = {}

    def address(places):
        if places not in opened:
            with pytest.MonkeyPatch.context() as changed:
                changed.setenv("MINIGPT_MAX_RUNNING", str(places))
                changed.delenv(VARIABLE)
                server = open_fork_server()
                wait_until_ready(2 * PATIENCE_SECONDS)
                opened[places] = os.environ.get(VARIABLE, NONE), server
        return opened[places][0]

    yield address
    for _, server in opened.values():
        if server is not None:  # as on systems that have none
            server.close()


@pytest.fixture
def kill():
    """A function that ends a run's worker with no time for a last word."""
    return lambda run: os.kill(run.read("state")["pid"], KILL)


@pytest.fixture
def training():
    """A function that tells whether a run's worker has made its first steps."""
    return lambda run: status_of(run) is Status.RUNNING and run.read("state").get("step", 0) > 0


@pytest.fixture
def until():
    return wait_for


@pytest.fixture
def ended(until):
    """A function that waits for a run to end and for its launcher to have seen it."""

    def wait(run):
        until(lambda: not status_of(run).is_live)
        until(lambda: "exit_code" in run.read("launch"))
        return status_of(run)

    return wait


@pytest.fixture
def workplace(tmp_path, monkeypatch, fork_server):
    place = Workplace(tmp_path, fork_server=fork_server(Workplace.places))
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    yield place
    place.leave()


@pytest.fixture(scope="session")
def trained(tmp_path_factory, fork_server):
    """One training by the command line: its workplace, exit code, answer and messages."""
    place = Workplace(tmp_path_factory.mktemp("trained"), fork_server=fork_server(Workplace.places))
    return place, *place.minigpt(*place.train, "--file", place.text, "--json")
