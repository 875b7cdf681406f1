"""How long a short run takes to begin and to end: forked, and started from nothing.

    python -m benchmarks.start [RUNS]

So many runs of 20 steps of a tiny model each way, in turn, as the app starts them. Told are the
medians of the seconds from the request to the first step and to the end of the process, how long
the fork server takes to be ready, and the memory that it holds. What else the machine does is told
by its load, and is not counted out.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from minigpt.jobs.fork_server import NONE, VARIABLE, wait_until_ready
from minigpt.jobs.processes import open_fork_server
from minigpt.jobs.submission import submit_run
from minigpt.runs.config import RunConfig
from minigpt.runs.store import RunStore

SETTINGS = {
    "model.context_length": 8, "model.width": 16, "model.num_layers": 1, "model.num_heads": 2,
    "training.batch_size": 2, "training.steps": 20, "training.evaluation_interval": 20,
    "corpus.name": "sentences",
}  # fmt: skip
LOOK_SECONDS = 0.002
LOADING_SECONDS = 60.0


def main(runs: int) -> None:
    """Print a row for each way, then the ratios."""
    load = os.getloadavg()[0]
    began = time.monotonic()
    server = open_fork_server()
    if server is None:
        sys.exit("No fork server can be opened here.")
    wait_until_ready(LOADING_SECONDS)
    ready, address = time.monotonic() - began, os.environ[VARIABLE]
    took: dict[str, list[tuple[float, float]]] = {"forked": [], "from nothing": []}
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        for _ in range(runs):
            for way, value in (("forked", address), ("from nothing", NONE)):
                os.environ[VARIABLE] = value
                took[way].append(time_run(store))
    print("| worker | first step (s) | end (s) |\n|---|---|---|")
    medians = {
        way: [statistics.median(one) for one in zip(*all_, strict=True)]
        for way, all_ in took.items()
    }
    for way, (first, end) in medians.items():
        print(f"| {way} | {first:.2f} | {end:.2f} |")
    ratios = [medians["from nothing"][place] / medians["forked"][place] for place in (0, 1)]
    print(
        f"\nforked, the first step comes {ratios[0]:.1f} and the end {ratios[1]:.1f} times as soon"
    )
    own = psutil.Process(server.process.pid).memory_full_info().uss / 1e6
    print(f"the server is ready after {ready:.1f} s and holds {own:.0f} MB; load {load:.1f}")
    server.close()


def time_run(store: RunStore) -> tuple[float, float]:
    """Seconds from the request to the first step, and to the end of the process."""
    began = time.monotonic()
    run = submit_run(store, RunConfig().changed(SETTINGS), name="timed")
    while not run.state().step:
        time.sleep(LOOK_SECONDS)
    first = time.monotonic() - began
    while run.launch().exit_code is None:
        time.sleep(LOOK_SECONDS)
    return first, time.monotonic() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
