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
from contextlib import suppress
from pathlib import Path
from typing import Any

from minigpt.errors import MiniGPTError
from minigpt.host import THIS_HOST
from minigpt.jobs.processes import die_first
from minigpt.jobs.worker.process import NICENESS, failure_reason
from minigpt.runs.config import RunConfig

EXPECTED = (MiniGPTError, RuntimeError, MemoryError, OSError, ImportError)
"""RuntimeError is how torch says that memory is short, among much else."""


def main(arguments: list[str]) -> int:
    """Time what the request asks for. Returns 0 if that worked."""
    request = json.loads(arguments[0])
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(max(0, NICENESS - os.nice(0)))  # as a worker does
    try:
        answer = _measured(request)
    except EXPECTED as error:
        answer = {"problem": failure_reason(error)}
    sys.stdout.write(json.dumps({**answer, "answered_at": THIS_HOST.now()}) + "\n")
    return 0 if "calibration" in answer else 1


def _measured(request: dict[str, Any]) -> dict[str, Any]:
    """What `minigpt.jobs.estimate.measurements.CalibrationResult` holds."""
    # Here and not above: torch may fail to import, which then is the answer.
    from minigpt.jobs.estimate.timing import (
        OthersMeter,
        StepTimer,
        use_threads_of,
        wait_until_idle,
    )
    from minigpt.jobs.worker.recorder import memory_in_use

    config = RunConfig.from_dict(request["config"])
    use_threads_of(config)
    with tempfile.TemporaryDirectory() as folder:
        watch = StepTimer(
            config=config, vocabulary_size=request["vocabulary_size"], folder=Path(folder)
        )
        row = watch.log_row_seconds()
        start, base = THIS_HOST.now() - request["at"], memory_in_use()
        others = OthersMeter()
        was_busy = not wait_until_idle() and others.hinder(config.compute)
        if not was_busy:
            others = OthersMeter()
            parts = watch.machine_speed() | watch.parts()
            was_busy = others.hinder(config.compute)
        if was_busy:
            start = time.process_time()
            with watch.by_own_time():
                parts = watch.machine_speed() | watch.parts()
        calibration = {"start_seconds": start, "base_bytes": base, "log_row_seconds": row, **parts}
    return {"calibration": calibration, "was_busy": was_busy}


if __name__ == "__main__":
    die_first()
    sys.exit(main(sys.argv[1:]))
