"""Stand-ins for what starts processes: of a worker, and of one that times steps."""

from collections.abc import Callable

import pytest

from minigpt.errors import DiskFullError
from minigpt.jobs.estimate.calibration import BROKEN, TimingProcess
from minigpt.jobs.processes import ProcessLauncher
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory


class FakeLauncher:
    """Keeps the runs that it was to start, and does `work` with each in this process."""

    def __init__(self, work: Callable[[RunDirectory], object] = lambda _: None) -> None:
        self.work = work
        self.runs: list[RunDirectory] = []
        self.ends: list[Callable[[], object]] = []
        """What each would have been told at its end."""

    @property
    def ids(self) -> list[str]:
        """Of the runs, in the order in which they started."""
        return [run.id for run in self.runs]

    def launch(self, run: RunDirectory, *, on_end: Callable[[], object]) -> None:
        """As a launcher; a run that `work` refuses does not count."""
        self.work(run)
        self.runs.append(run)
        self.ends.append(on_end)


def time_nothing(monkeypatch: pytest.MonkeyPatch) -> list[RunConfig]:
    """Let pages and commands time no steps; returns the configurations that they asked for."""
    asked: list[RunConfig] = []

    def answer(_: TimingProcess, config: RunConfig, vocabulary_size: int) -> dict[str, str]:
        asked.append(config)
        return {"problem": BROKEN}

    monkeypatch.setattr(TimingProcess, "answer", answer)
    return asked


def install(monkeypatch: pytest.MonkeyPatch, launcher: FakeLauncher) -> FakeLauncher:
    """Let pages and commands, which take no launcher, start their workers by this one."""
    monkeypatch.setattr(
        ProcessLauncher, "launch", lambda _, run, *, on_end: launcher.launch(run, on_end=on_end)
    )
    return launcher


def start_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every run that waits go on waiting, as on a disk that is full."""

    def refuse(_: RunDirectory) -> None:
        raise DiskFullError("Nothing is started in this test.")

    install(monkeypatch, FakeLauncher(refuse))
