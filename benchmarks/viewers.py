"""What viewers of a live run cost: the server, each other, and the training.

    python -m benchmarks.viewers [--clients 30] [--seconds 30] [--rounds 3]

In folders of its own it trains a model without an end, once with 100 logged steps behind it and
once with 100,000, and serves the app. Nobody, one viewer and all of them watch the run's page by
turns, `rounds` times, so that a drifting machine slows all alike. A tick is what the page's timer
asks for every 2 seconds; it is timed by the viewers (benchmarks.clients), from sending the request
to the last message of the answer, waiting for other viewers' ticks included. Training speed is the
median over the logged steps between two evaluations. The machine's load is printed beside each row:
other programs make every figure worse, never better, so the best round says most.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.clients import Tick, watch
from benchmarks.live_run import live_run
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import MetricRow
from minigpt.runs.store import PROJECT_FOLDER

HISTORIES = (100, 100_000)
WARM_UP_SECONDS = 6.0
START_SECONDS = 60.0
HEADER = (
    "| steps so far | viewers | ticks | p50 ms | p95 ms | script p95 ms | KB a tick "
    "| server, % of a core | server MB | steps/s | load |"
)


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What was measured while a number of viewers watched."""

    viewers: int
    ticks: Sequence[Tick]
    server_share: float
    """Of one core."""
    server_megabytes: float
    speed: float | None
    """Steps a second; None if too few were logged."""

    @property
    def p95(self) -> float:
        """Milliseconds that all but the slowest twentieth of the ticks took at most."""
        return percentile([tick.waited for tick in self.ticks], 95)


def main(arguments: argparse.Namespace) -> None:
    """Print a row for each phase, then the best of the rounds."""
    measured = {
        steps: measure(steps, arguments.clients, arguments.seconds, arguments.rounds)
        for steps in HISTORIES
    }
    print(f"\nBest of {arguments.rounds} rounds, {arguments.clients} viewers:")
    for steps, phases in measured.items():
        crowd = [phase for phase in phases if phase.viewers == arguments.clients]
        print(
            f"{steps:>7,} logged steps: p95 {min(phase.p95 for phase in crowd):.0f} ms, "
            f"server {min(phase.server_share for phase in crowd):.0%} of a core"
        )
    for viewers in sorted({1, arguments.clients}):
        told = [slowdown(phases, viewers) for phases in measured.values()]
        print(f"training with {viewers} watching: {', '.join(told)}")


def measure(steps: int, viewers: int, seconds: float, rounds: int) -> list[Phase]:
    """Watch a run that has logged so many steps; prints a row a phase."""
    print(f"{HEADER}\n|{'---|' * (HEADER.count('|') - 1)}", flush=True)
    phases: list[Phase] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        environment(Path(folder)),
        live_run(steps) as run,
        server(Path(folder)) as (url, process),
    ):
        _watch(url, run, viewers=1, seconds=WARM_UP_SECONDS)
        for _ in range(rounds):
            for number in (0, 1, viewers):
                phases.append(measure_phase(url, process, run, number, seconds))
                print(row(steps, phases[-1]), flush=True)
    return phases


def measure_phase(
    url: str, process: psutil.Process, run: RunDirectory, viewers: int, seconds: float
) -> Phase:
    """Let so many watch for so long."""
    logged = sum(1 for _ in run.metric_rows())
    began, used = time.perf_counter(), processor_seconds(process)
    ticks = _watch(url, run, viewers=viewers, seconds=seconds) if viewers else []
    if not viewers:
        time.sleep(seconds)
    share = (processor_seconds(process) - used) / (time.perf_counter() - began)
    return Phase(
        viewers=viewers,
        ticks=ticks,
        server_share=share,
        server_megabytes=process.memory_info().rss / 1e6,
        speed=speed(list(run.metric_rows())[logged:]),
    )


def _watch(url: str, run: RunDirectory, *, viewers: int, seconds: float) -> Sequence[Tick]:
    return asyncio.run(watch(url, "run", f"run={run.id}", viewers=viewers, seconds=seconds))


def speed(rows: Sequence[MetricRow]) -> float | None:
    """Median steps a second; what evaluations and the samples after them take is left out."""
    found = [
        (later.step - row.step) / (later.seconds - row.seconds)
        for row, later in pairwise(rows)
        if row.validation_loss is None and later.validation_loss is None
        if row.seconds is not None and later.seconds is not None
    ]
    return statistics.median(found) if found else None


def slowdown(phases: Sequence[Phase], viewers: int) -> str:
    """The speed with viewers over the speed without, round by round, in words."""
    alone = [phase.speed for phase in phases if phase.viewers == 0]
    watched = [phase.speed for phase in phases if phase.viewers == viewers]
    ratios = [
        after / before
        for before, after in zip(alone, watched, strict=True)
        if before is not None and after is not None
    ]
    if not ratios:
        return "too few steps to tell"
    return f"{statistics.median(ratios):.3f} x ({min(ratios):.3f} to {max(ratios):.3f})"


def row(steps: int, phase: Phase) -> str:
    """One phase as a line of the table."""
    ticks = phase.ticks
    waited, worked = [tick.waited for tick in ticks], [tick.worked for tick in ticks]
    timed = (
        [f"{percentile(waited, 50):.0f}", f"{phase.p95:.0f}", f"{percentile(worked, 95):.0f}",
         f"{statistics.mean(tick.size for tick in ticks) / 1e3:.0f}"]
        if ticks else [""] * 4
    )  # fmt: skip
    cells = [
        f"{steps:,}", str(phase.viewers), str(len(ticks)), *timed,
        f"{100 * phase.server_share:.0f}", f"{phase.server_megabytes:.0f}",
        "" if phase.speed is None else f"{phase.speed:.1f}", f"{os.getloadavg()[0]:.1f}",
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def percentile(seconds: Sequence[float], share: int) -> float:
    """In milliseconds."""
    return 1000 * statistics.quantiles(seconds, n=100, method="inclusive")[share - 1]


def processor_seconds(process: psutil.Process) -> float:
    """What a process has used of all cores since it began."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def environment(folder: Path) -> Iterator[None]:
    """Folders of its own for this process and all that it starts."""
    names = {"MINIGPT_CHECKPOINTS": "checkpoints", "MINIGPT_DATA": "data"}
    before = dict(os.environ)
    os.environ.update({name: str(folder / inside) for name, inside in names.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def server(folder: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The app, as people start it; its address and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", "127.0.0.1"]
    options = ["--server.port", str(port), "--server.fileWatcherType", "none"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], cwd=PROJECT_FOLDER, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_healthy(url)
        yield url, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_until_healthy(url: str) -> None:
    give_up = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not start.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.viewers")
    parser.add_argument("--clients", type=int, default=30, help="viewers of the page")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each phase")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main(_arguments())
