"""Timing a few steps of a training before it starts, in a process of its own.

It takes some ten seconds, in a process like the worker of a run; one at a time on a machine, and
never blocking an app that asks in the background. What was timed while other programs kept the
processor busy is timed again when they have finished. Knows no torch.
"""

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from minigpt import json_values
from minigpt.errors import CorpusError
from minigpt.host import THIS_HOST
from minigpt.jobs import fork_server, machine
from minigpt.jobs.estimate.measurements import (
    CalibrationResult,
    folder,
    record_answer,
    recorded_result,
)
from minigpt.jobs.estimate.memory import FreeMemory, fits_memory, free_memory
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.jobs.processes import worker_environment
from minigpt.runs.config import RunConfig
from minigpt.sentences import N_, Sentence

WORKER = "minigpt.jobs.estimate.timing_process"
LIMIT_SECONDS = 60.0
COMPILING_LIMIT_SECONDS = 300.0
LOADING_SECONDS = 20.0
"""For a fork server that is not ready yet: it loads what would have to be loaded anyway."""
AGAIN_SECONDS = 60.0
"""After so long it is worth looking whether a machine that was busy is quiet now."""
BUSY = N_("Other measurements keep this machine busy.")
TOO_LARGE = N_("No step of it is timed: it needs more memory than is free.")
BROKEN = N_("The process that was to time a few steps broke down.")


@dataclass(frozen=True, kw_only=True)
class TimingProcess:
    """What times some steps in a process of its own: handed to whoever may have to start one."""

    module: str = WORKER
    limit_seconds: float | None = None
    """None is for as long as a configuration may need."""

    def limit(self, config: RunConfig) -> float:
        """After how many seconds it is ended."""
        if self.limit_seconds is not None:
            return self.limit_seconds
        return COMPILING_LIMIT_SECONDS if config.compute.compile else LIMIT_SECONDS

    def answer(self, config: RunConfig, vocabulary_size: int) -> Mapping[str, Any]:
        """What it says, or why it said nothing; waits for its end."""
        values, limit = config.to_dict(), self.limit(config)
        request = {"config": values, "vocabulary_size": vocabulary_size, "at": THIS_HOST.now()}
        try:
            printed = self._printed(json.dumps(request), config, limit).splitlines()
            answer = json.loads([line for line in printed if line.startswith(b"{")][-1])
        except (TimeoutError, subprocess.TimeoutExpired):
            return {
                "problem": Sentence(
                    "Timing a few steps took longer than {limit:.0f} seconds.", limit=limit
                )
            }
        except (OSError, ValueError, IndexError):
            return {"problem": BROKEN}
        return _with_end(answer) if isinstance(answer, dict) else {"problem": BROKEN}

    def _printed(self, request: str, config: RunConfig, limit: float) -> bytes:
        """What it prints; started as the worker of this configuration will be."""
        environment = worker_environment(config.compute)
        fork_server.wait_until_ready(LOADING_SECONDS)
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "output"
            forked = fork_server.start_forked(
                self.module, request, output=output, environment=environment
            )
            if forked:
                forked.wait_or_kill(limit)
                return output.read_bytes()
        return subprocess.run(
            # -P: a file in the current folder must not pass for a module of the same name.
            [sys.executable, "-P", "-m", self.module, request],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=limit,
            check=False,
        ).stdout


HERE = TimingProcess()


def calibrate(
    config: RunConfig,
    *,
    vocabulary_size: int,
    free: FreeMemory = free_memory,
    process: TimingProcess = HERE,
) -> CalibrationResult:
    """Measure a configuration, unless that was done today on a quiet machine.

    Nothing is begun that needs more memory than `free` tells, and nothing kept of that.
    One that fails or takes too long is a result too, with the reason; the next call tries again.
    Only one is under way at a time on a machine, so that they do not slow each other down.
    """
    try:
        with _lock().acquire(timeout=process.limit(config)):
            known = recorded_result(config, vocabulary_size=vocabulary_size)
            if known.calibration and not known.was_busy:
                return known
            if not _fits(config, vocabulary_size, free):
                return CalibrationResult(problem=TOO_LARGE)
            answer = process.answer(config, vocabulary_size)
            return record_answer(config, answer, vocabulary_size=vocabulary_size)
    except (Timeout, OSError, CorpusError):
        return CalibrationResult(problem=BUSY)


def calibrate_in_background(
    config: RunConfig,
    *,
    vocabulary_size: int,
    free: FreeMemory = free_memory,
    load: Callable[[], float] = machine.load,
    process: TimingProcess = HERE,
) -> bool:
    """Begin to measure a configuration and return at once; `recorded_result` has it when done.

    Returns whether there is something to wait for: not if it was tried before, and not if it needs
    more memory than `free` tells. What was measured while others kept the machine busy is measured
    again once `load` tells that they have finished; what is known serves meanwhile. While another
    measurement is under way this one is not begun; ask again, as a page does that is drawn anew.
    """
    known = recorded_result(config, vocabulary_size=vocabulary_size)
    is_known = bool(known.calibration or known.problem)
    if is_known and not _is_due_again(config, known, load):
        return False
    if not _fits(config, vocabulary_size, free):
        return False
    with suppress(Timeout, OSError, CorpusError), _lock().acquire(timeout=0):
        begun = partial(
            calibrate, config, vocabulary_size=vocabulary_size, free=free, process=process
        )
        threading.Thread(target=begun, daemon=True).start()
    return not is_known


def _is_due_again(config: RunConfig, known: CalibrationResult, load: Callable[[], float]) -> bool:
    if not known.was_busy or THIS_HOST.now() - known.at < AGAIN_SECONDS:
        return False
    return machine.crowding(config.compute, load()) == 1.0


def _fits(config: RunConfig, vocabulary_size: int, free: FreeMemory) -> bool:
    # Steps are timed on tokens drawn at random: the text is not read.
    text = TokenCounts(
        vocabulary_size=vocabulary_size, training_tokens=0, validation_tokens=0, characters=0
    )
    return fits_memory(config, text, free=free)


def _with_end(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, with the time that its process took to end after it counted as well."""
    if json_values.truth(answer, "was_busy"):
        return answer  # then it says more of the others than of this process
    end = THIS_HOST.now() - (json_values.number(answer, "answered_at") or THIS_HOST.now())
    parts = json_values.section(answer, "calibration")
    start = json_values.number(parts, "start_seconds")
    if start is None:
        return answer
    return {**answer, "calibration": {**parts, "start_seconds": start + max(0.0, end)}}


def _lock() -> FileLock:
    folder().mkdir(parents=True, exist_ok=True)
    return FileLock(folder() / ".lock")
