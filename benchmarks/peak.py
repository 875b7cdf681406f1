"""How close a training step comes to the fastest matrix product of this machine, and the rest.

    python -m benchmarks.peak

The multiplications of a step are counted, forward, backward and in the update; the peak is the best
rate of square float32 products, measured in between with as many threads. What is left of the time
goes by operator, as torch's profiler has it.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from minigpt.jobs.processes import WAITING
from minigpt.models.build import build_model
from minigpt.runs.presets import preset_named
from minigpt.training.config import ComputeConfig
from minigpt.training.distributed import World
from minigpt.training.step import Stepper

VOCABULARY_SIZE = 65
TOKENS = torch.randint(VOCABULARY_SIZE, (100_000,), generator=torch.Generator().manual_seed(0))
PRESETS = ("lecture-gpt", "quick", "strong")
SIDES = (512, 1024, 2048)
WARM_UP, ROUNDS, PROFILED, SHOWN = 5, 40, 10, 8


def main() -> None:
    """Print a table for each preset, not compiled and compiled."""
    print(f"threads: {torch.get_num_threads()}")
    for name in PRESETS:
        for is_compiled in (False, True):
            step, products = _step(name, is_compiled)
            seconds, peak = _timed(step)
            rate = products / seconds
            print(
                f"{name}{', compiled' if is_compiled else ''}: {1000 * seconds:.2f} ms a step, "
                f"{products / 1e9:.3f} G multiplications and additions, {rate / 1e9:.1f} G/s, "
                f"{100 * rate / peak:.1f} % of the peak of {peak / 1e9:.1f} G/s"
            )
            if not is_compiled:
                _tell_operators(step)


def _step(name: str, is_compiled: bool) -> tuple[Callable[[], object], int]:
    """A step as the trainer makes it, and how many floating-point operations its products are."""
    config = preset_named(name).config
    torch.manual_seed(0)
    model = build_model(config.model, vocabulary_size=VOCABULARY_SIZE)
    stepper = Stepper(model, config.training, ComputeConfig(), seed=1, world=World())

    def step() -> None:
        stepper.update(TOKENS, step=1, rate=1e-3)

    step()
    counter = FlopCounterMode(display=False)
    with counter:
        step()
    if is_compiled and (problem := stepper.compile()):
        raise SystemExit(problem)
    return step, counter.get_total_flops()


def _timed(step: Callable[[], object]) -> tuple[float, float]:
    """The median seconds of a step, and the best rate of a matrix product in between."""
    matrices = [torch.randn(side, side) for side in SIDES]
    for _round in range(WARM_UP):
        step()
    seconds, rates = [], []
    for round_number in range(ROUNDS):
        began = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - began)
        if round_number % 4 == 0:
            for matrix in matrices:
                began = time.perf_counter()
                torch.mm(matrix, matrix)
                rates.append(2 * len(matrix) ** 3 / (time.perf_counter() - began))
    return statistics.median(seconds), max(rates)


def _tell_operators(step: Callable[[], object]) -> None:
    with profile(activities=[ProfilerActivity.CPU]) as profiled:
        for _round in range(PROFILED):
            step()
    rows = sorted(profiled.key_averages(), key=lambda row: -row.self_cpu_time_total)
    total = sum(row.self_cpu_time_total for row in rows)
    for row in rows[:SHOWN]:
        calls = row.count / PROFILED
        print(f"    {100 * row.self_cpu_time_total / total:5.1f} %  {row.key}, {calls:.0f} a step")


if __name__ == "__main__":
    if os.environ.items() >= WAITING.items():
        main()
    else:  # torch has read how its threads shall wait by now
        alike = {**os.environ, **WAITING}
        sys.exit(subprocess.run([sys.executable, "-m", "benchmarks.peak"], env=alike).returncode)
