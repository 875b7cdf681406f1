"""The queue of runs: a run waits exactly while it has a queued.json.

There is no process that schedules. `start_due_runs` starts what may start and returns at once; it
is called when a run is queued, by page views and waiting commands, and by every worker as its last
act. So the queue drains with nobody watching, and a restart finds it as it was. Who is next is
`minigpt.jobs.fairness`.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from filelock import FileLock, Timeout

from minigpt import json_values
from minigpt.errors import DiskFullError, RunError
from minigpt.jobs import machine, termination
from minigpt.jobs.fairness import QueuePosition, Running, Waiting, line_up, next_run
from minigpt.jobs.limits import Limits, owner_of
from minigpt.jobs.processes import HERE, Launcher
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Queued
from minigpt.runs.store import RunStore, status_of

LOCK_TIMEOUT_SECONDS = 10.0
"""How long those wait whose call must not get lost, for others who are just looking."""

logger = logging.getLogger(__name__)


def enqueue(run: RunDirectory, *, exceed_memory: bool = False) -> None:
    """Let a run wait for a slot; its worker may need more memory than is free if that is said.

    Raises:
        OSError: it could not be written down.
    """
    run.write("queued", _entry(run, exceed_memory).to_json())


def _entry(run: RunDirectory, exceed_memory: bool) -> Queued:
    return Queued(at=run.host.now(), owner=owner_of(run), exceed_memory=exceed_memory or None)


def is_full(store: RunStore) -> bool:
    """Whether another run would have to wait."""
    busy = sum(status_of(run).has_worker for run in store.all())
    return busy >= machine.max_running() or bool(waiting(store))


def start_due_runs(
    store: RunStore, *, lock_timeout: float = 0.0, launcher: Launcher = HERE
) -> None:
    """Start the runs whose turn it is, and see to those that do not answer a request to stop.

    Cheap where nothing waits. Where somebody else does the same at this moment, that is left to
    them, unless there is `lock_timeout` (seconds): then what they have not seen is looked at again.
    When a worker that `launcher` started has ended, the queue goes on with the same launcher.

    Raises:
        ConfigurationError: MINIGPT_MAX_RUNNING or a limit is no number that can work.
    """
    termination.terminate_due(store)
    if not waiting(store):
        return
    with suppress(Timeout, OSError), _lock(store).acquire(timeout=lock_timeout):
        _start_next(store, launcher)


def positions(store: RunStore) -> dict[str, QueuePosition]:
    """Where each waiting run stands, by its id, first to last."""
    queue = waiting(store)
    if not queue:
        return {}
    return line_up(
        queue,
        *running_and_last_served(store),
        slots=machine.max_running(),
        now=store.host.now(),
        most_per_owner=Limits.from_environment().running_per_owner,
    )


def waiting(store: RunStore) -> list[Waiting]:
    """Every run in the queue, in no order."""
    return [
        Waiting(run=run.id, owner=owner_of(run), since=run.queued().at or 0.0)
        for run in _queued(store)
    ]


def running_and_last_served(store: RunStore) -> tuple[list[Running], dict[str, float]]:
    """Every run that has a worker or is about to, and when each owner last had a slot."""
    running: list[Running] = []
    served: dict[str, float] = {}
    for run in store.all():
        owner, moment = owner_of(run), run.launch().at or 0.0
        if status_of(run).has_worker:
            running.append(Running(owner=owner, seconds_left=seconds_left(run)))
        elif moment:
            moment = max(moment, run.state().heartbeat or 0.0, run.exit().at or 0.0)
        served[owner] = max(moment, served.get(owner, 0.0))
    return running, served


def seconds_left(run: RunDirectory) -> float | None:
    """How long a run will still train at its present speed; None if that cannot be told."""
    state, settings = run.state(), run.settings()
    rate = state.tokens_per_second
    # What the worker says comes first: passes over the text may end a run before its steps do.
    steps = state.steps or settings.steps
    step, batch, context = state.step, settings.batch_size, settings.context_length
    if rate is None or steps is None or step is None or batch is None or context is None:
        return None
    by_steps = max(0.0, (steps - step) * batch * context / rate)
    if settings.minutes:
        by_steps = min(by_steps, max(0.0, 60 * settings.minutes - (state.seconds or 0.0)))
    return by_steps if by_steps < json_values.LARGEST else None


def require_room(store: RunStore, owner: str) -> None:
    """Refuse another run of an owner who has as many waiting as are allowed.

    Raises:
        RunError: that is so.
    """
    queued = sum(one.owner == owner for one in waiting(store))
    Limits.from_environment().require_room(owner, queued=queued)


@contextmanager
def hold_queue(store: RunStore, *, timeout: float = LOCK_TIMEOUT_SECONDS) -> Iterator[None]:
    """Nothing is started in this block; others are waited for up to `timeout` seconds.

    Raises:
        RunError: others keep the queue busy for too long.
    """
    try:
        with _lock(store).acquire(timeout=timeout):
            yield
    except Timeout as error:
        raise RunError("The queue is busy. Try again in a few seconds.") from error


def start_now(store: RunStore, run: RunDirectory, *, launcher: Launcher = HERE) -> None:
    """Start a run that was just put in the queue, if it is its turn.

    Raises:
        RunError: it was its turn, but its worker could not be started.
    """
    start_due_runs(store, lock_timeout=LOCK_TIMEOUT_SECONDS, launcher=launcher)
    error = run.launch().error
    if error and not run.is_queued:
        raise RunError(error)


def _start_next(store: RunStore, launcher: Launcher) -> None:
    def go_on() -> None:
        start_due_runs(store, lock_timeout=LOCK_TIMEOUT_SECONDS, launcher=launcher)

    slots, limits = machine.max_running(), Limits.from_environment()
    queue, (busy, served) = waiting(store), running_and_last_served(store)
    while chosen := next_run(
        queue, busy, served, slots=slots, most_per_owner=limits.running_per_owner
    ):
        queue.remove(chosen)
        run = store.at(chosen.run)
        if run.is_alive():  # the worker that it had before is still putting its things away
            continue
        try:
            launcher.launch(run, on_end=go_on)
        except DiskFullError as error:
            logger.warning("Nothing is started: %s", error.message)
            return
        except RunError as error:
            logger.warning("%s was not started: %s", run.id, error.message)
        else:
            busy.append(Running(owner=chosen.owner))
            served[chosen.owner] = store.host.now()
        run.remove("queued")


def _queued(store: RunStore) -> Iterator[RunDirectory]:
    for path in store.root.glob("*/queued.json"):
        with suppress(RunError):
            run = store.open(path.parent.name)
            if run.is_queued:
                yield run


def _lock(store: RunStore) -> FileLock:
    return FileLock(store.root / ".queue.lock")
