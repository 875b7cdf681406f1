"""What the parts of a training take on this machine, as it was timed or as runs have shown; kept.

A calibration is timed before a training starts and is good for a day. Every run that ends leaves
one more, of its own steps: what a training of the same shape really took. Both are kept by what
decides how long a step takes: the machine, the model's shape, batch, context and threads. Knows no
torch.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minigpt import json_values
from minigpt.data_folder import data_folder
from minigpt.errors import CorpusError
from minigpt.files import read_json, write_json
from minigpt.host import THIS_HOST
from minigpt.jobs import machine
from minigpt.runs.config import RunConfig
from minigpt.sentences import N_

VERSION = 4
"""Of the names in a calibration, and of how a worker begins; what was measured under others is
measured again. Up to 3 every worker imported PyTorch by itself, for seconds."""
FOLDER = "calibrations"
GOOD_FOR_SECONDS = 24 * 3600.0
RUNS_GOOD_FOR_SECONDS = 30 * GOOD_FOR_SECONDS
MOST_RUNS = 8
"""Of one shape, so many of the newest runs count."""
UNMEASURED = N_("Nothing was measured.")
Now = Callable[[], float]
"""Tells the time, in seconds since the epoch."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Seconds of each part of a training, and bytes of a worker before it holds anything."""

    start_seconds: float
    """From the start of the process until it could train, without reading the text; and its end."""
    step_seconds: float
    log_row_seconds: float
    """Writing down one step."""
    evaluation_window_seconds: float
    """An evaluation, for each window of the text that it reads."""
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

    def slowed(self, factor: float) -> "Calibration":
        """The parts where everything takes so many times as long."""
        values = asdict(self)
        return Calibration(
            **{
                name: value * factor if name.endswith("_seconds") and value else value
                for name, value in values.items()
            }
        )


@dataclass(frozen=True, kw_only=True)
class CalibrationResult:
    """What came of measuring: a calibration, or why there is none."""

    calibration: Calibration | None = None
    problem: str = ""
    """Empty where nothing went wrong, or nothing was tried."""
    was_busy: bool = False
    """Whether other programs kept the processor busy, so that its own time had to be told apart."""
    at: float = 0.0
    """When, in seconds since the epoch."""


NOTHING = CalibrationResult()


def recorded_result(
    config: RunConfig, *, vocabulary_size: int, now: Now = THIS_HOST.now
) -> CalibrationResult:
    """What was measured of a configuration today; instant."""
    return _read(_subject(config, vocabulary_size), now)


def recorded_machine(config: RunConfig) -> CalibrationResult:
    """What was measured last with that device and as many threads, of whatever model; instant."""
    return _read(_machine(config), THIS_HOST.now)


def record_answer(
    config: RunConfig, answer: Mapping[str, Any], *, vocabulary_size: int, now: Now = THIS_HOST.now
) -> CalibrationResult:
    """Write down what the measuring process answered, and return it as it will be read."""
    values = {**answer, "at": now()}
    record = result_from(values)
    with suppress(OSError, CorpusError):  # without room on the disk, it is measured again
        folder().mkdir(parents=True, exist_ok=True)
        _write(_subject(config, vocabulary_size), values)
        if record.calibration:
            _write(_machine(config), values)
    return record


def result_from(answer: Mapping[str, Any]) -> CalibrationResult:
    """Read an answer that may be damaged."""
    found = json_values.section(answer, "calibration")
    numbers = {
        one.name: json_values.number(found, one.name, math.inf) for one in fields(Calibration)
    }
    given = {name: number for name, number in numbers.items() if number is not None}
    at = json_values.number(answer, "at") or 0.0
    try:
        calibration = Calibration(**given)
    except TypeError:  # a number that has no default is missing
        problem = json_values.text(answer, "problem") or UNMEASURED
        return CalibrationResult(problem=problem, at=at)
    if min(given.values()) < 0:
        return CalibrationResult(problem=UNMEASURED, at=at)
    was_busy = json_values.truth(answer, "was_busy")
    return CalibrationResult(calibration=calibration, was_busy=was_busy, at=at)


def keep_run(config: RunConfig, calibration: Calibration, *, vocabulary_size: int) -> None:
    """Write down what the parts took in a run that has ended here; the newest few are kept."""
    subject = {**_subject(config, vocabulary_size), "of": "runs"}
    row = {"at": THIS_HOST.now(), "calibration": asdict(calibration)}
    with suppress(OSError, CorpusError):  # a run is none the worse for it
        folder().mkdir(parents=True, exist_ok=True)
        rows = [*_rows(_path(subject)), row][-MOST_RUNS:]
        write_json(_path(subject), {"about": subject, "runs": rows})


def recorded_runs(
    config: RunConfig, *, vocabulary_size: int, now: Now = THIS_HOST.now
) -> tuple[Calibration, ...]:
    """What the parts took in the newest runs of the same shape on this machine; instant."""
    try:
        rows = _rows(_path({**_subject(config, vocabulary_size), "of": "runs"}))
    except CorpusError:
        return ()
    read, moment = (result_from(row) for row in rows[-MOST_RUNS:]), now()
    return tuple(
        one.calibration
        for one in read
        if one.calibration and 0 <= moment - one.at < RUNS_GOOD_FOR_SECONDS
    )


def folder() -> Path:
    """Where measurements are kept.

    Raises:
        CorpusError: there is no data folder.
    """
    return data_folder() / FOLDER


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = (read_json(path) or {}).get("runs")
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _read(subject: Mapping[str, Any], now: Now) -> CalibrationResult:
    try:
        values = read_json(_path(subject)) or {}
    except CorpusError:
        return NOTHING
    age = now() - (json_values.number(values, "at") or 0.0)
    return result_from(values) if 0 <= age < GOOD_FOR_SECONDS else NOTHING


def _write(subject: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    write_json(_path(subject), {"about": subject, **answer})


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
