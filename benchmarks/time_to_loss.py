"""How long from the start of a process to a validation loss: the presets against a plain GPT.

    python -m benchmarks.time_to_loss FILE [SEED ...]

FILE is tiny Shakespeare. The plain GPT (benchmarks.plain_gpt) reports a validation loss of 1.82
after its 5,000 steps; here a fraction of them and one evaluation are timed in a process of their
own before every run of `quick`, and the whole is extrapolated from these. The presets are trained
by `python -m minigpt train`, whole; the clock runs from the start of that process to the moment at
which the loss, on fixed windows over the whole validation split, is on disk.

    python -m benchmarks.time_to_loss busy FILE [PRESET [THREADS]]

What other busy processes cost: whole runs of the preset (`quick` unless given) beside none, one and
three processes that do nothing but compute, which are started here, each in a session of its own.
THREADS fixes the number that the run would else choose. What else the machine does is told by its
load before each run, and is not counted out.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minigpt.jobs.machine import cores
from minigpt.jobs.processes import WAITING
from minigpt.runs.store import RunStore

PLAIN_STEPS = 300
TARGETS = {"quick": 1.82, "strong": 1.6357}
SEEDS = (1337, 1, 2)
LOOK_SECONDS = 0.05
BUSY = (0, 1, 3)
SETTLING_SECONDS = 2.0


def main(file: Path, seeds: list[int]) -> None:
    """Print a row for each run, then the ratio."""
    print("| model | seed | seconds to the loss | loss then | seconds in all |")
    print("|---|---|---|---|---|")
    plain, quick = [], []
    for seed in seeds:
        plain.append(time_plain(file))
        print(
            f"| plain, to 1.82, extrapolated from {PLAIN_STEPS} of 5,000 steps | | "
            f"{plain[-1]:.0f} | | |",
            flush=True,
        )
        quick.append(time_preset("quick", seed, file))
    for seed in seeds:
        time_preset("strong", seed, file)
    if reached := [seconds for seconds in quick if seconds is not None]:
        ratios = [one / other for one in plain for other in reached]
        print(
            f"\nquick reaches 1.82 {statistics.median(plain) / statistics.median(reached):.1f} "
            f"times as fast as the plain one (medians; {min(ratios):.1f} to {max(ratios):.1f})"
        )


def main_busy(file: Path, preset: str, threads: int) -> None:
    """Print a row for each number of busy processes."""
    chosen = f"{threads} threads" if threads else "threads chosen by the run"
    print(f"{preset}, {chosen}, {cores()} cores")
    print("| busy processes | load before | seconds | times as long | validation loss |")
    print("|---|---|---|---|---|")
    quiet: float | None = None
    for count in BUSY:
        load = os.getloadavg()[0]
        with busy(count):
            seconds, loss = time_run(file, preset, threads)
        quiet = quiet or seconds
        row = f"| {count} | {load:.1f} | {seconds:.1f} | {seconds / quiet:.2f} | {loss!r} |"
        print(row, flush=True)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that compute all the time."""
    command = [sys.executable, "-c", "while True: pass"]
    started = [subprocess.Popen(command, start_new_session=True) for _ in range(count)]
    try:
        time.sleep(SETTLING_SECONDS)
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def time_run(file: Path, preset: str, threads: int) -> tuple[float, float | None]:
    """Seconds of a whole run, and its loss, whose last bit tells whether anything differed."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "minigpt", "train", "--preset", preset]
        settings = ["--set", f"compute.threads={threads}"]
        if preset != "copying":
            settings += ["--file", str(file)]
        checkpoints = Path(folder) / "checkpoints"
        folders = {
            "MINIGPT_CHECKPOINTS": str(checkpoints),
            "MINIGPT_DATA": str(Path(folder) / "data"),
        }
        began = time.perf_counter()
        subprocess.run(
            [*command, *settings], check=True, stdout=subprocess.DEVNULL,
            env={**os.environ, **folders},
        )  # fmt: skip
        took = time.perf_counter() - began
        (run,) = RunStore(checkpoints).all()
        return took, run.exit().best_validation_loss


def time_plain(file: Path) -> float:
    """Seconds for the whole plain training, from the start of its process."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.plain_gpt", str(file), str(PLAIN_STEPS)]
    # As workers run, so that neither gains by the way its threads wait for each other.
    alike = {**os.environ, **WAITING}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=alike)
    took = time.perf_counter() - began
    timed: dict[str, float] = json.loads(done.stdout)
    inside = PLAIN_STEPS * timed["step"] + timed["evaluation"]
    start_up = took - inside
    return float(timed["whole"]) + start_up


def time_preset(preset: str, seed: int, file: Path) -> float | None:
    """Seconds from the start of the command to the target loss; prints the row."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = _train(preset, seed, file, Path(folder))
        reached, loss = None, None
        for row in _rows(Path(folder), process):
            validation = row["validation_loss"]
            if reached is None and validation is not None and validation <= TARGETS[preset]:
                reached, loss = time.perf_counter() - began, validation
        whole = time.perf_counter() - began
    told = "missed | " if reached is None else f"{reached:.1f} | {loss:.4f}"
    print(f"| {preset}, to {TARGETS[preset]} | {seed} | {told} | {whole:.1f} |", flush=True)
    return reached


def _train(preset: str, seed: int, file: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "minigpt", "train", "--preset", preset]
    return subprocess.Popen(
        [*command, "--file", str(file), "--seed", str(seed)],
        env={
            **os.environ,
            "MINIGPT_CHECKPOINTS": str(folder / "checkpoints"),
            "MINIGPT_DATA": str(folder / "data"),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _rows(folder: Path, process: subprocess.Popen[bytes]) -> Iterator[dict[str, float | None]]:
    """The rows of the run's metrics as they appear, until the process has ended."""
    seen = 0
    while True:
        ended = process.poll() is not None
        for path in folder.glob("checkpoints/*/metrics.jsonl"):
            lines = path.read_text(encoding="utf-8").split("\n")[:-1]
            yield from map(json.loads, lines[seen:])
            seen = len(lines)
        if ended:
            return
        time.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    if sys.argv[1] == "busy":
        busy_file, preset, threads = [*sys.argv[2:], *("quick", "0")[len(sys.argv) - 3 :]]
        main_busy(Path(busy_file), preset, int(threads))
        sys.exit()
    main(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]] or list(SEEDS))
