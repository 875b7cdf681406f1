"""All runs of one checkpoints folder: create, find, list, rename, delete.

A `RunSummary` is what a list shows of one run. Its loss per character can be compared between
tokenizers; loss per token cannot.
"""

import logging
import math
import os
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from minigpt.errors import RunError
from minigpt.files import explained, removed_on_failure
from minigpt.host import THIS_HOST, Host
from minigpt.runs.config import RunConfig
from minigpt.runs.directory import RunDirectory
from minigpt.runs.labels import UNTITLED, clean_name, new_run_id
from minigpt.runs.records import Meta, Queued, Settings, WorkerState
from minigpt.runs.records.rows import evaluations
from minigpt.runs.records.speed import mean_speed, own_seconds
from minigpt.runs.status import Status, derive_status, is_last_word, life_signs, reason_of
from minigpt.sentences import Sentence
from minigpt.tokenizers.character import CharacterTokenizer


def characters_per_token(settings: Settings, state: WorkerState) -> float | None:
    """How much of a run's validation text one token covers; None if nobody measured it.

    Args:
        settings: the run's settings.
        state: its worker's, which notes what it measured.
    """
    is_by_character = settings.tokenizer == CharacterTokenizer.kind
    return 1.0 if is_by_character else state.characters_per_token


def bits_per_character(loss: float | None, characters: float | None) -> float | None:
    """How many bits it takes to tell the text, a character; None if that is not known.

    Losses per token compare models only where a token is the same to both: one whose tokens are
    long has fewer and harder guesses to make. The surprise of the whole text is the sum over its
    tokens however it is cut, and so is its share for each character. Bits are nats over ln 2.

    Args:
        loss: nats per token.
        characters: characters per token.
    """
    if loss is None or characters is None:
        return None
    return loss / math.log(2) / characters


UNKNOWN = "?"
logger = logging.getLogger(__name__)


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
    """The mean over its own seconds, evaluations included."""
    parameters: int | None
    reason: str | None = None
    """Why it failed, was killed, paused by itself or is not started; None unless there is one."""
    owner: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    updated_at: float = 0.0
    """When anything was last heard of it, in seconds since the epoch."""
    seconds: float | None = None
    """How long it has trained itself, without what the parent of a fork did."""
    recent_tokens_per_second: float | None = None
    """Over the last seconds; None unless it trains now."""
    train_loss: float | None = None
    """Nats per token."""
    characters_per_token: float | None = None
    """Of the validation text; None if nobody measured it."""


def summary_of(run: RunDirectory, status: Status) -> RunSummary:
    """The summary of a run of this status; a damaged file costs its own fields only."""
    settings, state, meta = run.settings(), run.state(), run.meta()
    seconds = own_seconds(settings, state, run.metric_rows)
    return RunSummary(
        id=run.id,
        name=run.name(),
        status=status,
        created_at=meta.created_at or 0.0,
        rung=settings.rung or UNKNOWN,
        corpus=settings.corpus or UNKNOWN,
        step=state.step or 0,
        steps=state.steps or settings.steps or 0,
        best_validation_loss=_own_best(run, settings, state),
        tokens_per_second=mean_speed(settings, step=state.step, seconds=seconds),
        parameters=state.parameters,
        reason=reason_of(run, status),
        owner=meta.owner,
        tags=meta.tags,
        note=meta.note,
        updated_at=_last_heard_of(run, meta, state),
        seconds=seconds,
        recent_tokens_per_second=state.tokens_per_second if status is Status.RUNNING else None,
        train_loss=state.train_loss,
        characters_per_token=characters_per_token(settings, state),
    )


def _own_best(run: RunDirectory, settings: Settings, state: WorkerState) -> float | None:
    """The lowest validation loss that a run reached itself: a fork's parent's is not its own."""
    is_own = not settings.forked_at or (state.best_step or 0) > settings.forked_at
    if is_own or state.best_validation_loss is None:
        return state.best_validation_loss
    # Forks of earlier versions took their parent's best for their own until they beat it.
    own = [row.validation_loss for row in evaluations(run.metrics) if row.step > settings.forked_at]
    return min((loss for loss in own if loss is not None), default=None)


def _last_heard_of(run: RunDirectory, meta: Meta, state: WorkerState) -> float:
    moments = (meta.created_at, run.launch().at, state.heartbeat, run.exit().at)
    return max(moment or 0.0 for moment in moments)


ENVIRONMENT_VARIABLE = "MINIGPT_CHECKPOINTS"
PROJECT_FOLDER = Path(__file__).resolve().parents[2]
RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")


class RunStore:
    """The folder that holds the runs.

    Args:
        root: the folder.
        host: what is asked for the time and for free space, here and by every run of the folder.
    """

    def __init__(self, root: Path, host: Host = THIS_HOST) -> None:
        self.root = root
        self.host = host

    def at(self, name: str) -> RunDirectory:
        """The directory of that name in the folder, whether or not a run is in it."""
        return RunDirectory(self.root / name, self.host)

    @classmethod
    def default(cls, project: Path = PROJECT_FOLDER) -> "RunStore":
        """The folder that MINIGPT_CHECKPOINTS names; else, in a checkout, its checkpoints/.

        Where the package is installed, it is minigpt/runs in the user's folder for data.

        Args:
            project: the folder that the package lies in, a checkout or not.

        Raises:
            RunError: no folder is named and the user has no home folder.
        """
        if named := os.environ.get(ENVIRONMENT_VARIABLE, "").strip():
            return cls(Path(named).absolute())
        if (project / "checkpoints").is_dir():
            return cls(project / "checkpoints")
        return cls(_user_folder(sys.platform) / "minigpt" / "runs")

    def create(
        self,
        config: RunConfig,
        *,
        name: str,
        owner: str = "",
        run_id: str | None = None,
        queued: bool = False,
        exceed_memory: bool = False,
        fill: Callable[[RunDirectory], None] | None = None,
    ) -> RunDirectory:
        """Make the directory of a new run; it appears whole or not at all.

        Args:
            config: its settings.
            name: what people call it.
            owner: whose it is; may be empty.
            run_id: what `new_run_id` gave for it; a new one if left out.
            queued: whether it waits for a slot to train in, from the moment it appears.
            exceed_memory: whether its worker may need more memory than is free.
            fill: what else to put into its directory before it appears.

        Raises:
            RunError: the folder cannot be written.
            MiniGPTError: `fill` refused.
        """
        run_id = run_id or new_run_id(name)
        draft, now = self.at(f".{run_id}.new"), self.host.now()
        about = Meta(name=clean_name(name) or UNTITLED, created_at=now, owner=owner)
        with explained_creation(self.root), removed_on_failure(draft.path):
            draft.path.mkdir(parents=True)
            draft.write("config", config.to_dict())
            draft.write("meta", about.to_json())
            if fill:
                fill(draft)
            if queued:
                entry = Queued(at=now, owner=owner, exceed_memory=exceed_memory or None)
                draft.write("queued", entry.to_json())
            return self.at(draft.path.rename(self.root / run_id).name)

    def open(self, run_id: str) -> RunDirectory:
        """The run with this id.

        Raises:
            RunError: there is none.
        """
        if RUN_ID.fullmatch(run_id) and (run := self.at(run_id)).exists:
            return run
        raise RunError(
            "There is no run called {run_id!r}. It may have been deleted.", run_id=run_id
        )

    def all(self) -> list[RunDirectory]:
        """Every run, newest first."""
        found = [path.parent for path in self.root.glob("*/config.json")]
        runs = [self.at(path.name) for path in found if RUN_ID.fullmatch(path.name)]
        return sorted(runs, key=_newest_first)

    def summarise(self, run: RunDirectory) -> RunSummary:
        """What a list shows of one run; a damaged file costs its own fields only."""
        try:
            return summary_of(run, status_of(run))
        except Exception as error:  # whatever it is, it costs this run's line and no other's
            logger.exception("%s cannot be read.", run.id)
            return _unreadable(run, error)

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name; its id and links stay.

        Raises:
            RunError: there is no such run, the name is empty, or it cannot be written.
        """
        if not (title := clean_name(name)):
            raise RunError("A run needs a name; type at least one character.")
        run = self.open(run_id)
        with explained("The name could not be written: {reason}.", kind=RunError):
            run.write("meta", replace(run.meta(), name=title).to_json())

    def delete(self, run_id: str) -> None:
        """Remove a run and everything it learnt.

        Raises:
            RunError: there is no such run, it is still training, or it cannot be removed.
        """
        run = self.open(run_id)
        if (status := status_of(run)) is Status.QUEUED:
            raise RunError("This run waits in the queue. Cancel it first, then delete it.")
        if status.is_live or run.is_alive():
            raise RunError("This run is still training. Stop it first, then delete it.")
        with explained(
            "The run {id!r} cannot be removed: {reason}. Close what has its files open and "
            "try again.",
            kind=RunError,
            id=run.id,
        ):
            # Renamed first: a list never shows half a run, even if the removal is cut short.
            run.path.rename(run.path.with_name(f".{run.id}.deleted"))
        for removed in self.root.glob(".*.deleted"):
            shutil.rmtree(removed, ignore_errors=True)


def open_run(run_id: str) -> RunDirectory:
    """The run of this id in the default folder.

    Raises:
        RunError: there is none.
    """
    return RunStore.default().open(run_id)


def _user_folder(platform: str) -> Path:
    """Where a program keeps what its user made: not a cache, which may be emptied."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    if platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA") or "~/AppData/Local")
    elif platform == "darwin":
        folder = Path("~/Library/Application Support")
    else:
        # The XDG specification asks for a relative path to be ignored.
        folder = named if named.is_absolute() else Path("~/.local/share")
    try:
        return folder.expanduser().absolute()
    except RuntimeError as error:
        raise RunError(
            "There is no folder to keep runs in: {error} Set the environment variable "
            "{environment_variable} to a folder you may write to.",
            error=error,
            environment_variable=ENVIRONMENT_VARIABLE,
        ) from error


def status_of(run: RunDirectory) -> Status:
    """How a run is doing, at this moment."""
    # First: whoever takes a run out of the queue has noted its launch before.
    is_queued = run.is_queued
    meta, launch, state = run.meta(), run.launch(), run.state()
    # After the state, or a worker that began in between would look like one that is gone; and
    # before the exit, or one that ended in between would look like one that was killed.
    is_alive = not is_last_word(run.exit(), launch) and run.is_alive()
    signs = life_signs(
        is_alive=is_alive,
        meta=meta,
        launch=launch,
        state=state,
        end=run.exit(),
        is_queued=is_queued,
    )
    return derive_status(signs, run.host.now())


def explained_creation(root: Path) -> AbstractContextManager[None]:
    """Where no run can be made in a folder in this block, raise a RunError that says what to do."""
    return explained(
        "The run could not be created in {root}: {reason}. Free some space, or set "
        "{environment_variable} to a folder you can write to.",
        kind=RunError,
        root=root,
        environment_variable=ENVIRONMENT_VARIABLE,
    )


def _unreadable(run: RunDirectory, error: Exception) -> RunSummary:
    """A line that names a run about which nothing else can be said, so that it can be deleted."""
    return RunSummary(
        id=run.id, name=run.id, status=Status.FAILED, created_at=0.0, rung=UNKNOWN, corpus=UNKNOWN,
        step=0, steps=0, best_validation_loss=None, tokens_per_second=None, parameters=None,
        reason=Sentence("Its files cannot be read: {error}", error=error),
    )  # fmt: skip


def _newest_first(run: RunDirectory) -> tuple[float, str]:
    return -(run.meta().created_at or 0.0), run.id
