"""Waiting for a moment in which nothing else computes, so that what is timed is what a run takes.

The page on which people choose a training is often drawn on the machine that is to be timed.
"""

import os
import time
from pathlib import Path

WORK_FILE = Path("/proc/stat")
IDLE_COLUMNS = (3, 4)
"""Doing nothing, and waiting for a disk."""
LOOK_SECONDS = 0.5
QUIET_CORES = 0.3
"""At most so much at work counts as quiet."""
PATIENCE_SECONDS = 5.0


def wait_for_quiet() -> None:
    """Wait until the others have finished; not for long, as some of them never do."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        before = seconds_of_work()
        time.sleep(LOOK_SECONDS)
        after = seconds_of_work()
        if before is None or after is None or after - before < QUIET_CORES * LOOK_SECONDS:
            return


def seconds_of_work() -> float | None:
    """Processor seconds that all programs have taken since the machine started; None if unknown."""
    try:
        everything = WORK_FILE.read_text(encoding="ascii").splitlines()[0]
        ticks = [int(number) for number in everything.split()[1:9]]
        return (sum(ticks) - sum(ticks[one] for one in IDLE_COLUMNS)) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError, ValueError, IndexError):  # only Linux has that file
        return None
