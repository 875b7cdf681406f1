"""How far the estimates are from the truth: memory and time of three sizes, each truly trained.

python -m benchmarks.memory

Each size is estimated, which times a few of its steps, then trained in a process like that of any
run, and estimated once more: what others do on the machine changes from minute to minute, so the
mean of both is compared. Where the two differ much, repeat it when all is quiet.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from minigpt.jobs.estimate.estimate import estimate_for_text
from minigpt.jobs.processes import worker_environment
from minigpt.jobs.submission import checked_config
from minigpt.runs.config import RunConfig
from minigpt.runs.presets import preset_named
from minigpt.runs.store import RunStore

TOLERANCE = 0.3
BYTES_PER_MAXRSS = 1 if sys.platform == "darwin" else 1024
TEXT = "python-docs"  # on every machine, without a download
SIZES: dict[str, dict[str, object]] = {
    "small (quick)": {"training.steps": 100},
    "medium": {
        "model.context_length": 128,
        "model.width": 128,
        "model.num_layers": 4,
        "model.num_heads": 4,
        "training.batch_size": 16,
        "training.steps": 40,
        "training.evaluation_interval": 40,
    },
    "larger": {
        "model.context_length": 128,
        "model.width": 256,
        "model.num_layers": 6,
        "model.num_heads": 4,
        "training.batch_size": 32,
        "training.steps": 8,
        "training.evaluation_interval": 8,
        "logging.sample_tokens": 50,
    },
}


@dataclass(frozen=True)
class Taken:
    """What a run took, or should take."""

    bytes: int
    """The most its process held at a time."""
    seconds: float


def main() -> None:
    """Print measured and estimated memory and time of each size, and their ratio."""
    print(f"{'':15s}{'memory':>30s}{'time':>32s}")
    for name, settings in SIZES.items():
        config = preset_named("quick").config.changed({"corpus.name": TEXT, **settings})
        config = checked_config(config)
        before, taken, after = estimated(config), trained(config), estimated(config)
        memory = compared(taken.bytes / 1e6, before.bytes / 1e6, "MB")
        seconds = compared(taken.seconds, (before.seconds + after.seconds) / 2, "s")
        both = f"(estimated {before.seconds:.0f} before, {after.seconds:.0f} after)"
        print(f"{name:15s}{memory}  {seconds} {both}", flush=True)


def estimated(config: RunConfig) -> Taken:
    """What a run should take, measured anew whatever was measured before."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MINIGPT_DATA"] = folder
        expected = estimate_for_text(config)
    if expected.seconds is None or expected.basis == "rough":
        raise SystemExit(" ".join(expected.notes))
    return Taken(expected.memory_bytes, expected.seconds)


def trained(config: RunConfig) -> Taken:
    """Train a run to its end in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunStore(Path(folder)).create(config, name="memory")
        began = time.monotonic()
        worker = subprocess.Popen(
            [sys.executable, "-m", "minigpt.jobs.worker.process", str(run.path)],
            env=worker_environment(config.compute),
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(worker.pid, 0)
        worker.returncode = os.waitstatus_to_exitcode(status)
        if worker.returncode:
            raise SystemExit(run.exit().reason or "the worker failed")
        return Taken(usage.ru_maxrss * BYTES_PER_MAXRSS, time.monotonic() - began)


def compared(measured: float, estimated: float, unit: str) -> str:
    """Both numbers, their ratio, and whether that is as near as it should be."""
    ratio = measured / estimated
    verdict = "within 30 %" if abs(ratio - 1) <= TOLERANCE else "NOT within 30 %"
    return f"{measured:5.0f} / {estimated:5.0f} {unit:2s} = {ratio:.2f}, {verdict}"


if __name__ == "__main__":
    main()
