"""A run's directory: which files it has, who writes each, and how they are read and written.

    config.json     everything needed to reproduce         written once, by the creator
    meta.json       name, owner, tags, note, when made     creator and screen
    queued.json     it waits for a slot to train in        creator; the scheduler removes it
    control.json    what people ask of the worker          screen and command line
    launch.json     how its worker began, and ended        whoever started it
    signals.json    what a silent worker was sent          whoever escalated
    process.json    which process the worker is            worker
    state.json      where it is, and its heartbeat         worker
    metrics.jsonl   one line a logged step                 worker
    samples.jsonl   text written at each evaluation        worker
    heads.jsonl     where its heads looked, if asked for   worker
    frames.jsonl    what heads look at in a text: a film   worker
    neurons.json    what its neurons answer to; and        worker, when it ends
    unseen.json     pieces of the text it is judged by
    events.jsonl    what happened and when                 worker
    exit.json       how it ended                           worker, as its last act, or, before
                                                           it began, whoever cancelled it
    reserve         space for exit.json on a full disk     launcher; the worker writes that into it
    tokenizer.json  text <-> ids                           worker
    tokens.npy      a large text, cut into tokens          worker
    tensorboard/    event files, where they are asked for  worker
    weights/        checkpoints and their manifest         worker
    log.txt         whatever the worker printed            worker
    lock            held exactly as long as it lives       worker

Beside the runs lie .claims/ (which start was asked for already, `minigpt.jobs.submission`),
.queue.lock (`minigpt.jobs.queue`), and runs that are being made or removed (.ID.new, .ID.deleted).

Each file has a single writer. What is in it is read as one of `minigpt.runs.records`, whatever its
state; only who copies a run, or packs or checks an archive, handles the JSON itself (`read`,
`lines`). Knows no torch.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from filelock import FileLock, Timeout

from minigpt import files, json_values
from minigpt.checkpoints.choice import choose_from
from minigpt.checkpoints.manifest import Checkpoint, list_checkpoints
from minigpt.errors import RunError
from minigpt.files import explained, read_json, remove_unfinished, write_atomically, write_json
from minigpt.host import THIS_HOST, Host
from minigpt.json_lines import LinesTail
from minigpt.runs.config import RunConfig
from minigpt.runs.records import (
    Control,
    Exit,
    FrameRow,
    Launch,
    Meta,
    MetricRow,
    NeuronsRecord,
    ProcessIdentity,
    Queued,
    Sample,
    Settings,
    Signals,
    UnseenRecord,
    WorkerState,
)
from minigpt.runs.records.rows import largest_object
from minigpt.tokenizers import Tokenizer, tokenizer_from_dict

PROBE_PAUSE_SECONDS = 0.02
LOG_TAIL_BYTES = 4096
WRITTEN_BY_WORKER = (
    "process.json", "state.json", "exit.json", "tokenizer.json", "metrics.jsonl", "samples.jsonl",
    "heads.jsonl", "frames.jsonl", "neurons.json", "unseen.json",
)  # fmt: skip


class RunDirectory:
    """One run on disk. Holds no state of its own: every read sees the present, as `host` has it."""

    def __init__(self, path: Path, host: Host = THIS_HOST) -> None:
        self.path, self.host = path, host

    @property
    def id(self) -> str:
        """The directory's name, which is the run's name in every link and command."""
        return self.path.name

    def name(self) -> str:
        """What people call the run; its id where nobody named it."""
        return self.meta().name or self.id

    @property
    def weights(self) -> Path:
        """The folder of checkpoints."""
        return self.path / "weights"

    @property
    def log(self) -> Path:
        """What the worker printed."""
        return self.path / "log.txt"

    @property
    def metrics(self) -> Path:
        """One JSON line a logged step."""
        return self.path / "metrics.jsonl"

    @property
    def frames(self) -> Path:
        """One JSON line a frame of the film."""
        return self.path / "frames.jsonl"

    @property
    def exists(self) -> bool:
        """Whether this is a run at all: a directory with settings in it."""
        return (self.path / "config.json").is_file()

    @property
    def is_queued(self) -> bool:
        """Whether it waits for a slot to train in."""
        return (self.path / "queued.json").is_file()

    @property
    def reserve(self) -> Path:
        """Space kept for the last words on a full disk."""
        return self.path / "reserve"

    def config(self) -> RunConfig:
        """The settings the run was created with.

        Raises:
            RunError: the file is missing or damaged.
            ConfigurationError: it holds settings this version does not know.
        """
        values = self.read("config")
        if not values:
            raise RunError("The run {id!r} has no readable config.json.", id=self.id)
        return RunConfig.from_dict(values)

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the worker saved.

        Raises:
            RunError: the run has not come far enough to have one.
            TokenizerError: the file is damaged.
        """
        values = self.read("tokenizer")
        if not values:
            raise RunError("The run {id!r} has no tokenizer yet; wait until it trains.", id=self.id)
        return tokenizer_from_dict(values)

    def settings(self) -> Settings:
        """What can be read of its settings, for showing; `config` is what is trained."""
        return Settings.from_json(self.read("config"))

    def meta(self) -> Meta:
        """Who made it, and what people wrote on it."""
        return Meta.from_json(self.read("meta"))

    def queued(self) -> Queued:
        """Its entry in the queue; of a run that does not wait, an empty one."""
        return Queued.from_json(self.read("queued"))

    def control(self) -> Control:
        """What people ask of its worker."""
        return Control.from_json(self.read("control"))

    def launch(self) -> Launch:
        """When its newest worker was started."""
        return Launch.from_json(self.read("launch"))

    def signals(self) -> Signals:
        """What was sent to a worker that did not answer."""
        return Signals.from_json(self.read("signals"))

    def process(self) -> ProcessIdentity:
        """Which process its worker is."""
        return ProcessIdentity.from_json(self.read("process"))

    def state(self) -> WorkerState:
        """Where its worker is."""
        return WorkerState.from_json(self.read("state"))

    def exit(self) -> Exit:
        """How it ended; of a run that has not ended, without an outcome."""
        return Exit.from_json(self.read("exit"))

    def metric_rows(self) -> Iterator[MetricRow]:
        """Every logged step, in the order in which they were written; read in pieces."""
        for line in LinesTail(self.metrics).rows():
            if row := MetricRow.from_json(line):
                yield row

    def samples(self) -> list[Sample]:
        """Every text that its model wrote, oldest first."""
        return [row for line in self.lines("samples") if (row := Sample.from_json(line))]

    def neurons(self) -> NeuronsRecord | None:
        """What the neurons of its best step answer to; None where nobody has looked."""
        return NeuronsRecord.from_json(self.read("neurons"))

    def unseen(self) -> UnseenRecord | None:
        """Pieces of the text that it is judged by; None where none were kept."""
        return UnseenRecord.from_json(self.read("unseen"))

    def frame_rows(self) -> Iterator[FrameRow]:
        """What every head looked at in one text, at some steps; read in pieces."""
        for line in LinesTail(self.frames).rows():
            if row := FrameRow.from_json(line):
                yield row

    def read(self, name: str) -> dict[str, Any]:
        """A JSON file of the run as it is; empty if it is not there or damaged."""
        return read_json(self.path / f"{name}.json", largest_bytes=largest_object(name)) or {}

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Replace a JSON file of the run at once."""
        write_json(self.path / f"{name}.json", values)

    def remove(self, name: str) -> None:
        """Remove a JSON file of the run, if it is there."""
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def request(self, **wishes: int | float) -> None:
        """Ask the worker for something, e.g. `stop=True`. It looks several times a second.

        The wishes are fields of `Control`.

        Raises:
            RunError: the request could not be written down.
        """
        with explained(
            "The request could not be written to {path}: {reason}. Free some space, or "
            "check that you may write there, and try again.",
            kind=RunError,
            path=self.path,
        ):
            asked = {**self.control().to_json(), **wishes, "at": self.host.now()}
            self.write("control", Control.from_json(asked).to_json())

    def sweep(self) -> None:
        """Remove what earlier workers left half written; for the worker, who holds the lock."""
        remove_unfinished(self.weights)
        for name in WRITTEN_BY_WORKER:
            remove_unfinished(self.path, name)

    def append(self, name: str, values: dict[str, Any]) -> None:
        """Add one line to a JSON-lines file of the run."""
        line = (json.dumps(values, ensure_ascii=False) + "\n").encode("utf-8", errors="replace")
        with (self.path / f"{name}.jsonl").open("a+b") as file:
            # What a full disk or a power failure left of a line must not spoil this one.
            is_cut = file.seek(0, os.SEEK_END) > 0 and _last_byte(file) != b"\n"
            file.write(b"\n" + line if is_cut else line)

    def lines(self, name: str) -> list[dict[str, Any]]:
        """Every whole line of a JSON-lines file as it is, without a half-written last one."""
        return list(LinesTail(self.path / f"{name}.jsonl").rows())

    def log_tail(self, lines: int) -> list[str]:
        """The last lines that the worker printed, without blank ones."""
        try:
            text = files.end_of(self.log, LOG_TAIL_BYTES).decode("utf-8", errors="replace")
        except OSError:
            return []
        return [line.rstrip() for line in text.splitlines() if line.strip()][-lines:]

    def lock(self) -> FileLock:
        """The lock that the worker holds while it lives."""
        return FileLock(self.path / "lock")

    def is_alive(self) -> bool:
        """Whether a worker holds the lock. The system drops it however the worker ends."""
        if not self._is_locked():
            return False
        # A second look tells a worker from somebody else who was just asking.
        time.sleep(PROBE_PAUSE_SECONDS)
        return self._is_locked()

    def _is_locked(self) -> bool:
        if not (self.path / "lock").exists():  # asking would make the file
            return False
        lock = self.lock()
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except OSError:  # deleted meanwhile, or a folder we may not write to: none of our workers
            return False
        lock.release()
        return False


def _last_byte(file: BinaryIO) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)


def choose_checkpoint(run: RunDirectory, step: int | None) -> Checkpoint:
    """The checkpoint of `step`; without a step, the best on validation, and never step 0.

    Raises:
        RunError: nothing is saved yet, or not at that step.
    """
    return choose_from(list_checkpoints(run.weights), step)


RECORDS = ("metrics", "samples", "heads", "frames")
"""The files with a line for a step."""


def forget_after(run: RunDirectory, step: int) -> None:
    """Drop what was recorded of later steps: it is about to be made once more.

    Raises:
        OSError: the disk refused; what was written is as it was.
    """
    for name in RECORDS:
        kept = rows_until(run, name, step)
        if len(kept) < len(run.lines(name)):
            write_rows(run, name, kept)


def forget_all(run: RunDirectory) -> None:
    """Drop all that was recorded of steps: the run begins at its beginning.

    Raises:
        OSError: the disk refused.
    """
    for name in RECORDS:
        if run.lines(name):
            write_rows(run, name, [])


def rows_until(run: RunDirectory, name: str, step: int) -> list[dict[str, Any]]:
    """The lines of a JSON-lines file up to a step, as they are."""
    return [row for row in run.lines(name) if (json_values.whole(row, "step") or 0) <= step]


def write_rows(run: RunDirectory, name: str, rows: list[dict[str, Any]]) -> None:
    """Replace a JSON-lines file of a run at once.

    Raises:
        OSError: the disk refused; the file is as it was.
    """
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomically(
        run.path / f"{name}.jsonl", lambda file: file.write(text.encode("utf-8", errors="replace"))
    )
