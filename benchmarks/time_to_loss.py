"""How long from the start of a process to a validation loss: the presets against a plain GPT.

    python -m benchmarks.time_to_loss FILE [SEED ...]

FILE is tiny Shakespeare. The plain GPT (benchmarks.plain_gpt) reports a validation loss of 1.82
after its 5,000 steps; here a fraction of them and one evaluation are timed in a process of their
own before every run of `quick`, and the whole is extrapolated from these. The presets are trained
by `python -m minigpt train`, whole; the clock runs from the start of that process to the moment at
which the loss, on fixed windows over the whole validation split, is on disk.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from minigpt.jobs.processes import WAITING

PLAIN_STEPS = 300
TARGETS = {"quick": 1.82, "strong": 1.6357}
SEEDS = (1337, 1, 2)
LOOK_SECONDS = 0.05


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
    main(Path(sys.argv[1]), [int(seed) for seed in sys.argv[2:]] or list(SEEDS))
