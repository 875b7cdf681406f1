"""What the parts of a training take on this machine, as it was measured and kept on the disk.

A measurement is as good as the machine was quiet meanwhile, so after a day it counts no more.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from minigpt.data_folder import data_folder
from minigpt.errors import CorpusError
from minigpt.files import read_json, write_json
from minigpt.jobs import capacity, machine
from minigpt.runs import records
from minigpt.runs.config import RunConfig

VERSION = 1
FOLDER = "calibrations"
GOOD_FOR_SECONDS = 24 * 3600.0
UNMEASURED = "Nothing was measured."


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Seconds of each part of a training, and bytes of a worker before it holds anything."""

    start_seconds: float
    """From the start of the process until it could train, without reading the text; and its end."""
    step_seconds: float
    row_seconds: float
    """Writing down one step."""
    window_seconds: float
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
class Record:
    """What came of measuring: a calibration, or why there is none."""

    calibration: Calibration | None = None
    problem: str = ""
    """Empty where nothing went wrong, or nothing was tried."""


NOTHING = Record()


def recorded(config: RunConfig, *, vocabulary_size: int) -> Record:
    """What was measured of a configuration today; instant."""
    return _read(_subject(config, vocabulary_size))


def recorded_machine(config: RunConfig) -> Record:
    """What was measured last with that device and as many threads, of whatever model; instant."""
    return _read(_machine(config))


def keep(config: RunConfig, answer: Mapping[str, Any], *, vocabulary_size: int) -> Record:
    """Write down what the measuring process answered, and return it as it will be read."""
    record = record_of(answer)
    with suppress(OSError, CorpusError):  # without room on the disk, it is measured again
        folder().mkdir(parents=True, exist_ok=True)
        _write(_subject(config, vocabulary_size), answer)
        if record.calibration:
            _write(_machine(config), answer)
    return record


def record_of(answer: Mapping[str, Any]) -> Record:
    """Read an answer that may be damaged."""
    found = records.section(answer, "calibration")
    numbers = {one.name: records.number(found, one.name) for one in fields(Calibration)}
    given = {name: number for name, number in numbers.items() if number is not None}
    try:
        calibration = Calibration(**given)
    except TypeError:  # a number that has no default is missing
        return Record(problem=records.text(answer, "problem") or UNMEASURED)
    is_sound = min(given.values()) >= 0
    return Record(calibration=calibration) if is_sound else Record(problem=UNMEASURED)


def folder() -> Path:
    """Where measurements are kept.

    Raises:
        CorpusError: there is no data folder.
    """
    return data_folder() / FOLDER


def _read(subject: Mapping[str, Any]) -> Record:
    try:
        values = read_json(_path(subject)) or {}
    except CorpusError:
        return NOTHING
    age = time.time() - (records.number(values, "at") or 0.0)
    return record_of(values) if 0 <= age < GOOD_FOR_SECONDS else NOTHING


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
        "threads": capacity.threads_for(config.to_dict()),
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
