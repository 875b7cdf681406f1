"""All runs of one checkpoints folder: create, find, list, rename, delete."""

import os
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from minigpt.errors import RunError
from minigpt.runs import lenient
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.ending import reason_of
from minigpt.runs.status import Status, derive_status, evidence_from

ENVIRONMENT_VARIABLE = "MINIGPT_CHECKPOINTS"
PROJECT_FOLDER = Path(__file__).resolve().parents[2]
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
LONGEST_NAME = 80
UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """One line of the list of runs."""

    id: str
    name: str
    status: Status
    created_at: float
    rung: str
    corpus: str
    step: int
    steps: int
    best_validation_loss: float | None
    """Nats per token."""
    tokens_per_second: float | None
    parameters: int | None
    reason: str | None = None
    """Why it failed or was killed; None unless it was."""


class RunStore:
    """The folder that holds the runs."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def default(cls) -> "RunStore":
        """The folder that MINIGPT_CHECKPOINTS names, else checkpoints/ beside the package."""
        named = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
        return cls(Path(named).absolute() if named else PROJECT_FOLDER / "checkpoints")

    def create(self, config: RunConfig, *, name: str) -> RunDirectory:
        """Make the directory of a new run; it appears whole or not at all.

        Raises:
            RunError: the folder cannot be written.
        """
        title = clean_name(name) or "untitled"
        run_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{slug(title)}-{secrets.token_hex(3)}"
        draft = RunDirectory(self.root / f".{run_id}.new")
        try:
            draft.path.mkdir(parents=True)
            draft.write("config", config.to_dict())
            draft.write("meta", {"name": title, "created_at": time.time()})
            return RunDirectory(draft.path.rename(self.root / run_id))
        except OSError as error:
            shutil.rmtree(draft.path, ignore_errors=True)
            raise RunError(
                f"The run could not be created in {self.root}: {error.strerror}. "
                f"Free some space, or set {ENVIRONMENT_VARIABLE} to a folder you can write to."
            ) from error

    def open(self, run_id: str) -> RunDirectory:
        """The run with this id.

        Raises:
            RunError: there is none.
        """
        if RUN_ID.fullmatch(run_id) and (run := RunDirectory(self.root / run_id)).exists:
            return run
        raise RunError(f"There is no run called {run_id!r}. It may have been deleted.")

    def all(self) -> list[RunDirectory]:
        """Every run, newest first."""
        found = [path.parent for path in self.root.glob("*/config.json")]
        runs = [RunDirectory(path) for path in found if RUN_ID.fullmatch(path.name)]
        return sorted(runs, key=_newest_first)

    def summarise(self, run: RunDirectory) -> RunSummary:
        """What a list shows of one run; a damaged file costs its own fields only."""
        config, state, meta = run.read("config"), run.read("state"), run.read("meta")
        status = status_of(run)
        return RunSummary(
            id=run.id,
            name=lenient.text(meta, "name") or run.id,
            status=status,
            created_at=lenient.number(meta, "created_at") or 0.0,
            rung=lenient.text(lenient.section(config, "model"), "rung") or UNKNOWN,
            corpus=lenient.text(lenient.section(config, "corpus"), "name") or UNKNOWN,
            step=lenient.whole(state, "step") or 0,
            steps=lenient.whole(lenient.section(config, "training"), "steps") or 0,
            best_validation_loss=lenient.number(state, "best_validation_loss"),
            tokens_per_second=lenient.number(state, "tokens_per_second"),
            parameters=lenient.whole(state, "parameters"),
            reason=reason_of(run, status),
        )

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name; its id and links stay.

        Raises:
            RunError: there is no such run, the name is empty, or it cannot be written.
        """
        if not (title := clean_name(name)):
            raise RunError("A run needs a name; type at least one character.")
        run = self.open(run_id)
        try:
            run.write("meta", {**run.read("meta"), "name": title})
        except OSError as error:
            raise RunError(f"The name could not be written: {error.strerror}.") from error

    def delete(self, run_id: str) -> None:
        """Remove a run and everything it learnt.

        Raises:
            RunError: there is no such run, it is still training, or it cannot be removed.
        """
        run = self.open(run_id)
        if status_of(run).is_live or run.is_alive():
            raise RunError("This run is still training. Stop it first, then delete it.")
        try:
            # Renamed first: a list never shows half a run, even if the removal is cut short.
            run.path.rename(run.path.with_name(f".{run.id}.deleted"))
        except OSError as error:
            raise RunError(
                f"The run {run.id!r} cannot be removed: {error.strerror}. "
                "Close what has its files open and try again."
            ) from error
        for removed in self.root.glob(".*.deleted"):
            shutil.rmtree(removed, ignore_errors=True)


def status_of(run: RunDirectory) -> Status:
    """How a run is doing, at this moment."""
    meta, launch, state = run.read("meta"), run.read("launch"), run.read("state")
    # After the state, or a worker that began in between would look like one that is gone; and
    # before the exit, or one that ended in between would look like one that was killed.
    is_alive = not run.read("exit") and run.is_alive()
    evidence = evidence_from(
        is_alive=is_alive, meta=meta, launch=launch, state=state, end=run.read("exit")
    )
    return derive_status(evidence, time.time())


def clean_name(name: str) -> str:
    """A name on one line, printable and not too long; empty if nothing is left of it."""
    printable = "".join(letter if letter.isprintable() else " " for letter in name)
    return " ".join(printable.split())[:LONGEST_NAME].strip()


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens only; safe as part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:40].strip("-") or "run"


def _newest_first(run: RunDirectory) -> tuple[float, str]:
    return -(lenient.number(run.read("meta"), "created_at") or 0.0), run.id
