"""Runs too small to learn anything, each test's in a folder of its own."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from minigpt.jobs.worker.control import Requests
from minigpt.jobs.worker.session import train_run
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.store import RunStore
from tests.minigpt.loopback import Loopback
from tests.minigpt.rank_server import Server, serve

TINY = {
    "corpus.name": "sentences",
    "model.context_length": 8,
    "model.width": 16,
    "model.num_layers": 1,
    "model.num_heads": 2,
    "training.steps": 12,
    "training.batch_size": 2,
    "training.evaluation_interval": 4,
    "logging.checkpoints": 3,
    "logging.sample_tokens": 5,
}


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINIGPT_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path / "data"))


@pytest.fixture(scope="session")
def tiny() -> RunConfig:
    return RunConfig().changed(TINY)


@pytest.fixture
def store(folders: None) -> RunStore:
    return RunStore.default()


@pytest.fixture
def run(store: RunStore, tiny: RunConfig) -> RunDirectory:
    """A run that nobody has started."""
    return store.create(tiny, name="tiny")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny: RunConfig) -> RunDirectory:
    """A run that went well; read it, change nothing."""
    run = RunStore(tmp_path_factory.mktemp("checkpoints")).create(tiny, name="trained")
    with pytest.MonkeyPatch.context() as patch:
        # What its parts took is noted beside the texts: not among those of whoever runs the tests.
        patch.setenv("MINIGPT_DATA", str(tmp_path_factory.mktemp("data")))
        run.write("exit", train_run(run, Requests(run)).to_json())
    return run


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a worker run inside the test without changing the process it runs in."""
    monkeypatch.setattr(os, "nice", lambda _: 0, raising=False)
    monkeypatch.setattr(signal, "signal", lambda *_: None)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    yield from serve()


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGPT_DATA", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path
