"""Measuring what a training takes: some ten seconds, in a process like the worker of a run.

Nothing here blocks an app that asks in the background, and nothing here imports torch.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from filelock import FileLock, Timeout

from minigpt.errors import CorpusError
from minigpt.jobs.estimate import calibration
from minigpt.jobs.estimate.calibration import NOTHING, Record, recorded
from minigpt.jobs.processes import worker_environment
from minigpt.runs import records
from minigpt.runs.config import RunConfig

LIMIT_SECONDS = 60.0
COMPILING_LIMIT_SECONDS = 300.0
BUSY = "Other measurements keep this machine busy."
BROKEN = "The process that was to time a few steps broke down."


def calibrate(config: RunConfig, *, vocabulary_size: int) -> Record:
    """Measure a configuration, unless that was done today; returns when it is done.

    One that fails or takes too long is a record too, with the reason; the next call tries again.
    Only one is under way at a time on a machine, so that they do not slow each other down.
    """
    limit = COMPILING_LIMIT_SECONDS if config.compute.compile else LIMIT_SECONDS
    try:
        with _lock().acquire(timeout=limit):
            known = recorded(config, vocabulary_size=vocabulary_size)
            if known.calibration:
                return known
            answer = _answer(config, vocabulary_size, limit)
            return calibration.keep(config, answer, vocabulary_size=vocabulary_size)
    except (Timeout, OSError, CorpusError):
        return Record(problem=BUSY)


def calibrate_in_background(config: RunConfig, *, vocabulary_size: int) -> bool:
    """Begin to measure a configuration and return at once; `recorded` has it when it is done.

    Returns whether there is something to wait for: not if it was tried before. While another
    measurement is under way this one is not begun; ask again, as a page does that is drawn anew.
    """
    if recorded(config, vocabulary_size=vocabulary_size) != NOTHING:
        return False
    with suppress(Timeout, OSError, CorpusError), _lock().acquire(timeout=0):
        arguments = {"config": config, "vocabulary_size": vocabulary_size}
        threading.Thread(target=calibrate, kwargs=arguments, daemon=True).start()
    return True


def _answer(config: RunConfig, vocabulary_size: int, limit: float) -> Mapping[str, Any]:
    values = config.to_dict()
    request = {"config": values, "vocabulary_size": vocabulary_size, "at": time.time()}
    try:
        ended = subprocess.run(
            # -P: a file in the current folder must not pass for a module of the same name.
            [sys.executable, "-P", "-m", WORKER, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=worker_environment(values),
            timeout=limit,
            check=False,
        )
        answer = json.loads(ended.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"problem": f"Timing a few steps took longer than {limit:.0f} seconds."}
    except (OSError, ValueError, IndexError):
        return {"problem": BROKEN}
    return _with_end(answer) if isinstance(answer, dict) else {"problem": BROKEN}


def _with_end(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, with the time that its process took to end after it counted as well."""
    end = time.time() - (records.number(answer, "answered_at") or time.time())
    parts = records.section(answer, "calibration")
    start = records.number(parts, "start_seconds")
    if start is None:
        return answer
    return {**answer, "calibration": {**parts, "start_seconds": start + max(0.0, end)}}


def _lock() -> FileLock:
    calibration.folder().mkdir(parents=True, exist_ok=True)
    return FileLock(calibration.folder() / ".lock")


WORKER = "minigpt.jobs.estimate.timing_process"
