"""What a large text costs in memory: training on MEGABYTES of text against training on 10 MB.

python -m benchmarks.large_text [MEGABYTES]
"""

import os
import subprocess
import sys
import tempfile
from itertools import cycle, islice
from pathlib import Path

from minigpt.jobs.submission import checked_config
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import preset_named
from minigpt.runs.store import RunStore

SMALL_MEGABYTES = 10
PARAGRAPH = "".join(f"{number} times {number} is {number * number}.\n" for number in range(20_000))


def main(arguments: list[str]) -> None:
    """Print the peak memory of both workers and their ratio."""
    megabytes = int(arguments[0]) if arguments else 1000
    with tempfile.TemporaryDirectory() as folder:
        small = peak_megabytes(Path(folder), SMALL_MEGABYTES)
        large = peak_megabytes(Path(folder), megabytes)
    print(
        f"peak memory of the worker: {small:.0f} MB on {SMALL_MEGABYTES} MB of text, "
        f"{large:.0f} MB on {megabytes} MB of text: {large / small:.2f} x"
    )


def peak_megabytes(folder: Path, megabytes: int) -> float:
    """Train a few steps on a text of that size, read from disk, in a process of its own."""
    path = folder / f"{megabytes}.txt"
    with path.open("w", encoding="utf-8") as file:
        for paragraph in islice(cycle([PARAGRAPH]), megabytes * 1_000_000 // len(PARAGRAPH)):
            file.write(paragraph)
    run = RunStore(folder / "runs").create(_config(path), name="large text")
    worker = subprocess.Popen([sys.executable, "-m", "minigpt.jobs.worker.process", str(run.path)])
    _, status, usage = os.wait4(worker.pid, 0)
    worker.returncode = os.waitstatus_to_exitcode(status)
    path.unlink()
    if worker.returncode:
        raise SystemExit(run.exit().reason or "the worker failed")
    return usage.ru_maxrss / 1000


def _config(path: Path) -> RunConfig:
    settings = {
        "corpus.path": str(path),
        "training.steps": 5,
        "training.evaluation_interval": 5,
        "logging.sample_tokens": 0,
    }
    return checked_config(preset_named("quick").config.changed(settings))


if __name__ == "__main__":
    main(sys.argv[1:])
