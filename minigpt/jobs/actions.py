"""What people can do to a run, and when. The screen and the command line both go through here."""

from collections.abc import Callable

from minigpt.errors import RunError
from minigpt.files import explained
from minigpt.host import require_space
from minigpt.jobs import machine, queue, termination
from minigpt.jobs.estimate.memory import FreeMemory, free_memory, require_memory
from minigpt.jobs.estimate.token_counts import LEAST_VOCABULARY, TokenCounts
from minigpt.jobs.limits import owner_of
from minigpt.jobs.processes import HERE, Launcher
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Control, Exit
from minigpt.runs.status import Status
from minigpt.runs.store import RunStore, status_of
from minigpt.sentences import N_, Sentence, join_sentences

_ENDED_EARLY = frozenset({"resume", "delete"})
ALLOWED: dict[Status, frozenset[str]] = {
    Status.QUEUED: frozenset({"cancel"}),
    Status.STARTING: frozenset({"stop", "pause"}),
    Status.RUNNING: frozenset({"stop", "pause", "save_now", "sample_now"}),
    Status.STALLED: frozenset({"stop", "pause"}),
    Status.PAUSED: _ENDED_EARLY,
    Status.STOPPED: _ENDED_EARLY,
    Status.FAILED: _ENDED_EARLY,
    Status.KILLED: _ENDED_EARLY,
    Status.FINISHED: frozenset({"delete"}),
}


def allowed_actions(status: Status) -> frozenset[str]:
    """The names of the actions that a run of this status allows: what a screen may offer.

    They are the functions of this module, and "delete", which is the store's.
    """
    return ALLOWED[status]


def stop(run: RunDirectory, *, watch: Callable[[RunDirectory], object] | None = None) -> None:
    """Ask a run to end after its current step, and let `watch` see to it that it does.

    By default that is `minigpt.jobs.termination.watch`.

    A run that waits is taken out of the queue; one that has ended is left as it is.

    Raises:
        RunError: the request could not be written.
    """
    if status_of(run) is Status.QUEUED:
        try:
            return cancel(RunStore(run.path.parent, run.host), run)
        except RunError:
            if status_of(run) is Status.QUEUED:
                raise
    if status_of(run).has_worker:  # or was started at this very moment
        if not run.control().stop:
            run.request(stop=True, stop_at=run.host.now())
        (watch or termination.watch)(run)


def pause(run: RunDirectory) -> None:
    """Ask a run to end after its current step with all that it needs to go on exactly.

    Raises:
        RunError: it does not train, or the request could not be written.
    """
    _require(run, "pause")
    run.request(pause=True)


def resume(
    store: RunStore,
    run: RunDirectory,
    *,
    launcher: Launcher = HERE,
    free: FreeMemory = free_memory,
    exceed_memory: bool = False,
) -> None:
    """Put a run that ended early into the queue again; it goes on from what it saved last.

    Its worker asks once more for memory, when it knows all that there is to know of the text.

    Raises:
        RunError: it trains, waits or is finished, its owner has too many runs waiting, its
            settings are damaged, it could not be written down, or its worker not be started.
        ConfigurationError: its settings are none that this version knows, or, unless
            `exceed_memory`, it needs more memory than is free or, where it has to wait for others
            that train, than this machine has.
        DiskFullError: there is too little room on the disk.
    """
    _require(run, "resume")
    config = run.config()
    if not exceed_memory:
        total = machine.total_memory if queue.is_full(store) else free
        require_memory(config, _known_counts(run), free=total)
    require_space(run.path, 0, run.host)
    queue.require_room(store, owner_of(run))
    with (
        explained(
            "The run could not be put in the queue: {reason}. Check that you may write to "
            "{path}, and try again.",
            kind=RunError,
            path=run.path,
        ),
        queue.hold_queue(store),
    ):
        _require(run, "resume")  # somebody else may have resumed it meanwhile
        # What was asked of an earlier worker does not concern the next one.
        run.write("control", Control(at=run.host.now()).to_json())
        queue.enqueue(run, exceed_memory=exceed_memory)
    queue.start_now(store, run, launcher=launcher)


def _known_counts(run: RunDirectory) -> TokenCounts:
    return TokenCounts(
        vocabulary_size=run.state().vocabulary_size or LEAST_VOCABULARY,
        training_tokens=0,
        validation_tokens=0,
        characters=0,
    )


def cancel(store: RunStore, run: RunDirectory) -> None:
    """Take a run out of the queue.

    One that never began then reads "stopped"; one that was to be resumed reads as before.

    Raises:
        RunError: it does not wait, or that could not be written down.
    """
    with (
        explained(
            "The run could not be taken out of the queue: {reason}. Try again.", kind=RunError
        ),
        queue.hold_queue(store),
    ):
        _require(run, "cancel")
        if run.launch().at is None:
            end = Exit(outcome=str(Status.STOPPED), step=0, at=run.host.now())
            run.write("exit", end.to_json())
        run.remove("queued")


def save_now(run: RunDirectory) -> None:
    """Ask a run to save its weights after the current step.

    Raises:
        RunError: it does not train, or the request could not be written.
    """
    _require(run, "save_now")
    run.request(save=(run.control().save or 0) + 1)


def sample_now(run: RunDirectory) -> None:
    """Ask a run for a sample of its text after the current step.

    Raises:
        RunError: it does not train, or the request could not be written.
    """
    _require(run, "sample_now")
    run.request(sample=(run.control().sample or 0) + 1)


def _require(run: RunDirectory, action: str) -> None:
    if action in allowed_actions(status := status_of(run)):
        return
    raise RunError(
        REFUSALS[action],
        status=Sentence(str(status)),
        right=join_sentences(
            (Sentence(str(one)) for one in Status if action in allowed_actions(one)), ", "
        ),
    )


REFUSALS = {
    "pause": N_("This run is {status}, so it cannot be paused. Only a run can that is {right}."),
    "resume": N_("This run is {status}, so it cannot be resumed. Only a run can that is {right}."),
    "cancel": N_(
        "This run is {status}, so it cannot be cancelled. Only a run can that is {right}."
    ),
    "save_now": N_(
        "This run is {status}, so it cannot be saved now. Only a run can that is {right}."
    ),
    "sample_now": N_(
        "This run is {status}, so it cannot be sampled now. Only a run can that is {right}."
    ),
}
