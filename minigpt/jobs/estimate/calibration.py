"""How long the parts of a training take on this machine: measured, and kept for a day.

Measuring takes some ten seconds, in a process like the worker of a run; one at a time on a machine,
and never blocking an app that asks in the background. A measurement is as good as the machine was
quiet meanwhile, so after a day it is made again. Knows no torch.
"""

import hashlib
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from minigpt import json_values
from minigpt.data_folder import data_folder
from minigpt.errors import CorpusError
from minigpt.files import read_json, write_json
from minigpt.jobs import machine
from minigpt.jobs.estimate.memory import FreeMemory, fits, free_memory
from minigpt.jobs.estimate.token_counts import TokenCounts
from minigpt.jobs.processes import worker_environment
from minigpt.runs.config import RunConfig
from minigpt.sentences import N_, Sentence

VERSION = 2
"""Of the names in a calibration; what was measured under others is measured again."""
FOLDER = "calibrations"
GOOD_FOR_SECONDS = 24 * 3600.0
UNMEASURED = N_("Nothing was measured.")


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Seconds of each part of a training, and bytes of a worker before it holds anything."""

    start_seconds: float
    """From the start of the process until it could train, without reading the text; and its end."""
    step_seconds: float
    log_row_seconds: float
    """Writing down one step."""
    evaluation_window_seconds: float
    """A look at one window of the validation text."""
    token_seconds: float
    """Writing one token of a sample."""
    weights_seconds: float
    """Saving the weights."""
    state_seconds: float
    """Saving all that is needed to go on."""
    compile_seconds: float = 0.0
    base_bytes: float | None = None
    flops_per_second: float | None = None
    """Of large products of matrices, by all threads together."""
    operation_seconds: float | None = None
    """The least that anything takes, however small."""


@dataclass(frozen=True, kw_only=True)
class CalibrationResult:
    """What came of measuring: a calibration, or why there is none."""

    calibration: Calibration | None = None
    problem: str = ""
    """Empty where nothing went wrong, or nothing was tried."""


NOTHING = CalibrationResult()


def recorded(config: RunConfig, *, vocabulary_size: int) -> CalibrationResult:
    """What was measured of a configuration today; instant."""
    return _read(_subject(config, vocabulary_size))


def recorded_machine(config: RunConfig) -> CalibrationResult:
    """What was measured last with that device and as many threads, of whatever model; instant."""
    return _read(_machine(config))


def keep(
    config: RunConfig, answer: Mapping[str, Any], *, vocabulary_size: int
) -> CalibrationResult:
    """Write down what the measuring process answered, and return it as it will be read."""
    result = result_from(answer)
    with suppress(OSError, CorpusError):  # without room on the disk, it is measured again
        folder().mkdir(parents=True, exist_ok=True)
        _write(_subject(config, vocabulary_size), answer)
        if result.calibration:
            _write(_machine(config), answer)
    return result


def result_from(answer: Mapping[str, Any]) -> CalibrationResult:
    """Read an answer that may be damaged."""
    found = json_values.section(answer, "calibration")
    numbers = {
        one.name: json_values.number(found, one.name, math.inf) for one in fields(Calibration)
    }
    given = {name: number for name, number in numbers.items() if number is not None}
    try:
        calibration = Calibration(**given)
    except TypeError:  # a number that has no default is missing
        return CalibrationResult(problem=json_values.text(answer, "problem") or UNMEASURED)
    is_sound = min(given.values()) >= 0
    return (
        CalibrationResult(calibration=calibration)
        if is_sound
        else CalibrationResult(problem=UNMEASURED)
    )


def folder() -> Path:
    """Where measurements are kept.

    Raises:
        CorpusError: there is no data folder.
    """
    return data_folder() / FOLDER


def _read(subject: Mapping[str, Any]) -> CalibrationResult:
    try:
        values = read_json(_path(subject)) or {}
    except CorpusError:
        return NOTHING
    age = time.time() - (json_values.number(values, "at") or 0.0)
    return result_from(values) if 0 <= age < GOOD_FOR_SECONDS else NOTHING


def _write(subject: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    write_json(_path(subject), {"about": subject, "at": time.time(), **answer})


def _path(subject: Mapping[str, Any]) -> Path:
    described = json.dumps(subject, sort_keys=True).encode("utf-8")
    return folder() / f"{hashlib.sha256(described).hexdigest()[:20]}.json"


def _machine(config: RunConfig) -> dict[str, Any]:
    return {
        "version": VERSION,
        "machine": machine.identity(),
        "device": config.compute.device,
        "threads": machine.threads_for(config.compute),
    }


def _subject(config: RunConfig, vocabulary_size: int) -> dict[str, Any]:
    training = config.training
    return {
        **_machine(config),
        "compute": asdict(config.compute),
        "model": config.to_dict()["model"],
        "vocabulary_size": vocabulary_size,
        "batch_size": training.batch_size,
        "gradient_accumulation": training.gradient_accumulation,
        "optimizer": training.optimizer,
        "tensorboard": config.logging.tensorboard,
    }


LIMIT_SECONDS = 60.0
COMPILING_LIMIT_SECONDS = 300.0
BUSY = N_("Other measurements keep this machine busy.")
TOO_LARGE = N_("No step of it is timed: it needs more memory than is free.")
BROKEN = N_("The process that was to time a few steps broke down.")


def calibrate(
    config: RunConfig, *, vocabulary_size: int, free: FreeMemory = free_memory
) -> CalibrationResult:
    """Measure a configuration, unless that was done today; returns when it is done.

    Nothing is begun that needs more memory than `free` tells, and nothing kept of that.
    One that fails or takes too long is a result too, with the reason; the next call tries again.
    Only one is under way at a time on a machine, so that they do not slow each other down.
    """
    limit = COMPILING_LIMIT_SECONDS if config.compute.compile else LIMIT_SECONDS
    try:
        with _lock().acquire(timeout=limit):
            known = recorded(config, vocabulary_size=vocabulary_size)
            if known.calibration:
                return known
            if not _fits(config, vocabulary_size, free):
                return CalibrationResult(problem=TOO_LARGE)
            answer = _answer(config, vocabulary_size, limit)
            return keep(config, answer, vocabulary_size=vocabulary_size)
    except (Timeout, OSError, CorpusError):
        return CalibrationResult(problem=BUSY)


def calibrate_in_background(
    config: RunConfig, *, vocabulary_size: int, free: FreeMemory = free_memory
) -> bool:
    """Begin to measure a configuration and return at once; `recorded` has it when it is done.

    Returns whether there is something to wait for: not if it was tried before, and not if it needs
    more memory than `free` tells. While another
    measurement is under way this one is not begun; ask again, as a page does that is drawn anew.
    """
    if recorded(config, vocabulary_size=vocabulary_size) != NOTHING:
        return False
    if not _fits(config, vocabulary_size, free):
        return False
    with suppress(Timeout, OSError, CorpusError), _lock().acquire(timeout=0):
        arguments = {"config": config, "vocabulary_size": vocabulary_size, "free": free}
        threading.Thread(target=calibrate, kwargs=arguments, daemon=True).start()
    return True


def _fits(config: RunConfig, vocabulary_size: int, free: FreeMemory) -> bool:
    # Steps are timed on tokens drawn at random: the text is not read.
    text = TokenCounts(
        vocabulary_size=vocabulary_size, training_tokens=0, validation_tokens=0, characters=0
    )
    return fits(config, text, free=free)


def _answer(config: RunConfig, vocabulary_size: int, limit: float) -> Mapping[str, Any]:
    values = config.to_dict()
    request = {"config": values, "vocabulary_size": vocabulary_size, "at": time.time()}
    try:
        ended = subprocess.run(
            # -P: a file in the current folder must not pass for a module of the same name.
            [sys.executable, "-P", "-m", WORKER, json.dumps(request)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=worker_environment(config.compute),
            timeout=limit,
            check=False,
        )
        answer = json.loads(ended.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {
            "problem": Sentence(
                "Timing a few steps took longer than {limit:.0f} seconds.", limit=limit
            )
        }
    except (OSError, ValueError, IndexError):
        return {"problem": BROKEN}
    return _with_end(answer) if isinstance(answer, dict) else {"problem": BROKEN}


def _with_end(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, with the time that its process took to end after it counted as well."""
    end = time.time() - (json_values.number(answer, "answered_at") or time.time())
    parts = json_values.section(answer, "calibration")
    start = json_values.number(parts, "start_seconds")
    if start is None:
        return answer
    return {**answer, "calibration": {**parts, "start_seconds": start + max(0.0, end)}}


def _lock() -> FileLock:
    folder().mkdir(parents=True, exist_ok=True)
    return FileLock(folder() / ".lock")


WORKER = "minigpt.jobs.estimate.timing_process"
