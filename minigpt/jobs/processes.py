"""Starting a worker so that it outlives whoever started it, and knowing it again later.

Who may have to start one takes a `Launcher`; the real one starts a process in a session of its own.
A worker is known by its number and its start time together, since numbers are used again.
"""

import importlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from minigpt.errors import DiskFullError, RunError
from minigpt.host import full_reason, is_full, lay_reserve, require_space
from minigpt.jobs import fork_server, machine
from minigpt.jobs.fork_server import ForkedProcess, ForkServer
from minigpt.runs.directory import RunDirectory
from minigpt.runs.records import Launch, ProcessIdentity
from minigpt.runs.store import PROJECT_FOLDER
from minigpt.sentences import Sentence
from minigpt.training.config import ComputeConfig

WAITING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "10000"}
"""Threads wait for each other awake for some microseconds, then asleep: longer would take the cores
from whoever they wait for, and asleep at once they lose more by waking up (docs/decisions/0005)."""
WORKER = "minigpt.jobs.worker.process"
COULD_NOT_START = 127
"""What a shell answers when there is no such program."""
TORCHRUN_NAMES = {
    "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT",
}  # fmt: skip
"""What torchrun tells each of several processes that train together."""


Worker = subprocess.Popen[bytes] | ForkedProcess


@runtime_checkable
class Launcher(Protocol):
    """What starts the worker of a run: handed to whoever may have to start one."""

    def launch(self, run: RunDirectory, *, on_end: Callable[[], object]) -> None:
        """Start the worker of a run and return at once; call `on_end` when it has ended.

        Raises:
            DiskFullError: there is no room for what it would write; nothing was started or noted.
            RunError: it could not be started; the run then reads as failed, with that reason.
        """


class ProcessLauncher:
    """Starts a worker as a process of its own on this machine."""

    def launch(self, run: RunDirectory, *, on_end: Callable[[], object]) -> None:
        """As `launch` of this module."""
        launch(run, on_end=on_end)


HERE: Launcher = ProcessLauncher()


def launch(run: RunDirectory, *, on_end: Callable[[], object] = lambda: None) -> None:
    """Start the worker of a run in a session of its own and return at once.

    `on_end` is called when its process has ended, if this process still lives by then.

    Raises:
        DiskFullError: there is no room for what it would write; nothing was started or noted.
        RunError: the system refused; the run then reads as failed, with that reason.
    """
    _make_room(run)
    started_at = run.host.now()
    # Before and after: from the first on, the files of an earlier worker count no more.
    exceeds = run.queued().exceed_memory
    _note(run, Launch(at=started_at, exceed_memory=exceeds))
    try:
        process = _spawn(run)
    except OSError as error:
        message = Sentence(
            "The worker could not be started: {error}. Close other programs or free some "
            "disk space, and start the run again.",
            error=error,
        )
        _note(run, Launch(at=started_at, exit_code=COULD_NOT_START, error=message.as_said()))
        raise RunError(message) from error
    _note(run, Launch(at=started_at, pid=process.pid, exceed_memory=exceeds))
    # Somebody has to collect its exit status, or it would linger as a zombie.
    arguments = (run, process, started_at, on_end)
    threading.Thread(target=_record_end, args=arguments, daemon=True).start()


def _make_room(run: RunDirectory) -> None:
    require_space(run.path, 0, run.host)
    try:
        lay_reserve(run.reserve)
    except OSError as error:
        if is_full(error):
            raise DiskFullError(full_reason(error)) from error


def _spawn(run: RunDirectory) -> Worker:
    environment = worker_environment(run.settings())
    # A file, never a pipe: a pipe that nobody reads fills up and stops the writer.
    with run.log.open("ab") as log:
        if machine.processes_for(run.settings()) == 1 and (
            forked := fork_server.start_forked(
                WORKER, str(run.path.resolve()), output=run.log, environment=environment
            )
        ):
            return forked
        return subprocess.Popen(
            _command(run),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            # Ctrl-C on the app goes to its whole session; the worker must not be in it.
            start_new_session=True,
            creationflags=_WINDOWS_FLAGS,
        )


def _command(run: RunDirectory) -> list[str]:
    """One process, or with torchrun as many as its settings ask for."""
    processes = machine.processes_for(run.settings())
    # -P: a file in the current folder must not pass for a module of the same name.
    python, worker = (
        [sys.executable, "-P", "-m"],
        [WORKER, str(run.path.resolve())],
    )
    if processes == 1:
        return [*python, *worker]
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), "-m"]
    return [*python, *torchrun, *worker]


def _record_end(
    run: RunDirectory,
    process: Worker,
    started_at: float,
    on_end: Callable[[], object],
) -> None:
    exit_code = process.wait()
    # Unless the run was taken up again since, and the note is of another worker.
    if exit_code is not None and run.launch().pid in (None, process.pid):
        _note(run, Launch(at=started_at, exit_code=exit_code, pid=process.pid))
    on_end()


def _note(run: RunDirectory, launch: Launch) -> None:
    # A full disk costs only the note; and by the end, the run may be deleted.
    with suppress(OSError):
        run.write("launch", launch.to_json())


def worker_environment(compute: machine.Compute) -> dict[str, str]:
    """What the worker of a run with these settings finds in its environment."""
    # A worker starts the next one, so what is added here must not add up.
    inherited = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    folders = dict.fromkeys([str(PROJECT_FOLDER), *filter(None, inherited)])
    mine = {name: value for name, value in os.environ.items() if not _is_of_torchrun(name)}
    return {
        **mine,
        "PYTHONPATH": os.pathsep.join(folders),
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
        "PYTHONSAFEPATH": "1",  # what -P is to the processes that torchrun starts
        machine.ENVIRONMENT_VARIABLE: str(machine.max_running()),
        "OMP_NUM_THREADS": str(machine.threads_for(compute)),
        **WAITING,
    }


def _is_of_torchrun(name: str) -> bool:
    # Or the next worker would wait for equals that have ended with this one.
    return name in TORCHRUN_NAMES or name.startswith(("TORCHELASTIC_", "ROLE_", "GROUP_"))


def open_fork_server() -> ForkServer | None:
    """As that of `minigpt.jobs.fork_server`, for workers with settings that nobody has changed."""
    return fork_server.open_fork_server(worker_environment(ComputeConfig()))


OUT_OF_MEMORY_FILE = Path("/proc/self/oom_score_adj")
FIRST_TO_GO = "1000"


def die_first(file: Path = OUT_OF_MEMORY_FILE) -> None:
    """Where memory runs out, let the system end this process, and not the app that started it.

    Called by a process that computes, as its first act. Only Linux can be told.
    """
    with suppress(OSError):
        if file.exists():
            file.write_text(FIRST_TO_GO, encoding="ascii")


_WINDOWS_FLAGS = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0) | getattr(
    subprocess, "DETACHED_PROCESS", 0
)


STARTED_FIELD = 21
"""Place of the start time in /proc/PID/stat, counted from zero; "man 5 proc" calls it 22."""
PS_SECONDS = 5.0


def of_this_process() -> ProcessIdentity:
    """What a worker writes down to be recognised by."""
    return ProcessIdentity(pid=os.getpid(), started=start_time_of(os.getpid()))


def start_time_of(pid: int) -> str | None:
    """When a process began, in whatever form the system tells it; None if that cannot be known."""
    if sys.platform == "linux":
        return _from_proc(pid)
    return _from_psutil(pid) or _from_ps(pid)


def live_worker_pid(run: RunDirectory) -> int | None:
    """The process number of a run's worker, if it is certain that it still belongs to it.

    Certain means: somebody holds the run's lock, and the process with the number that the worker
    wrote down began when the worker did.
    """
    written = run.process()
    pid, began = written.pid, written.started
    if pid is None or pid <= 1 or began is None or not run.is_alive():
        return None
    return pid if start_time_of(pid) == began else None


def _from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The second field is the program's name in brackets, which may itself contain anything.
    after_name = stat.rpartition(")")[2].split()
    index = STARTED_FIELD - 2
    return after_name[index] if len(after_name) > index else None


def _from_psutil(pid: int) -> str | None:
    try:
        psutil = importlib.import_module("psutil")
        return str(psutil.Process(pid).create_time())
    except Exception:  # not installed, or no such process: psutil has error types of its own
        return None


def _from_ps(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    try:
        told = subprocess.run(
            command, capture_output=True, text=True, timeout=PS_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):  # Windows has no ps
        return None
    return told.stdout.strip() or None
