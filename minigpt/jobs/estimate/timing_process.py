"""The process that times a training before it starts.

`python -m minigpt.jobs.estimate.timing_process REQUEST`, where the request is JSON. Its answer is
one line of JSON: the seconds of each part, or why it could not be done.
`minigpt.jobs.estimate.calibration` starts it, in the surroundings that a worker would have.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minigpt.errors import MiniGPTError
from minigpt.host import THIS_HOST
from minigpt.jobs.processes import die_first
from minigpt.jobs.worker.process import NICENESS, failure_reason
from minigpt.runs.config import RunConfig

if TYPE_CHECKING:
    from minigpt.jobs.estimate.timing import Budgets

Timing = Callable[[dict[str, Any]], dict[str, Any]]
"""From a request to its answer, where nothing goes wrong."""
EXPECTED = (MiniGPTError, RuntimeError, MemoryError, OSError, ImportError)
"""RuntimeError is how torch says that memory is short, among much else."""


def time_parts(request: dict[str, Any], budgets: "Budgets | None" = None) -> dict[str, Any]:
    """What `minigpt.jobs.estimate.measurements.CalibrationResult` holds."""
    # Here and not above: torch may fail to import, which then is the answer.
    from minigpt.jobs.estimate import timing
    from minigpt.jobs.worker.recorder import memory_in_use

    budgets = budgets or timing.Budgets()
    config = RunConfig.from_dict(request["config"])
    timing.use_threads_of(config)
    with tempfile.TemporaryDirectory() as folder:
        size = request["vocabulary_size"]
        watch = timing.StepTimer(
            config=config, vocabulary_size=size, folder=Path(folder), budgets=budgets
        )
        row = watch.log_row_seconds()
        start, base = THIS_HOST.now() - request["at"], memory_in_use()
        others = timing.OthersMeter()
        is_quiet = timing.wait_until_idle(timeout=budgets.idle)
        was_busy = not is_quiet and others.hinder(config.compute)
        if not was_busy:
            others = timing.OthersMeter()
            parts = watch.machine_speed() | watch.parts()
            was_busy = others.hinder(config.compute)
        if was_busy:
            start = time.process_time()
            with watch.by_own_time():
                parts = watch.machine_speed() | watch.parts()
        calibration = {"start_seconds": start, "base_bytes": base, "log_row_seconds": row, **parts}
    return {"calibration": calibration, "was_busy": was_busy}


def main(arguments: list[str], *, timing: Timing = time_parts) -> int:
    """Time what the request asks for, by `timing`. Returns 0 if that worked."""
    request = json.loads(arguments[0])
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(max(0, NICENESS - os.nice(0)))  # as a worker does
    try:
        answer = timing(request)
    except EXPECTED as error:
        answer = {"problem": failure_reason(error)}
    sys.stdout.write(json.dumps({**answer, "answered_at": THIS_HOST.now()}) + "\n")
    return 0 if "calibration" in answer else 1


if __name__ == "__main__":
    die_first()
    sys.exit(main(sys.argv[1:]))
