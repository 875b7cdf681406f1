"""The fork server: a process that has loaded what a worker needs, and is copied to become one.

Of the seconds until a worker's first step, most go by while PyTorch is imported. A copy of a
process that has it takes some hundredths of one, and shares its memory (docs/decisions/0019).

Its address stands in the environment, so that a worker which starts the next run asks the same one.
It ends with the process that opened it; the workers do not. Where there is none, or where it cannot
help, a worker is started from nothing. What it does itself is `minigpt.jobs.worker.forking`.
"""

import json
import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from minigpt import json_values
from minigpt.jobs import machine

VARIABLE = "MINIGPT_FORK_SERVER"
"""Names the server's socket, or says that there shall be none."""
NONE = "none"
SERVER = "minigpt.jobs.worker.forking"
SPARE_MEMORY = 1_000_000_000
"""Bytes that must be free to open one, which takes a fifth of it."""
REOPEN_SECONDS = 60.0
"""So long after one was opened, another is where it has ended. One that always ends is not loaded
again and again."""
POLL_SECONDS = 0.05
ANSWER_SECONDS = 30.0
"""Within which it says the number of a new process, or is not asked any longer."""


class ForkedProcess:
    """A process that the fork server made; who waits for it does so as for a `subprocess.Popen`."""

    def __init__(self, pid: int, connection: socket.socket) -> None:
        """Take over the connection on which its end will be told."""
        self.pid = pid
        self._connection = connection

    def wait(self, timeout: float | None = None) -> int | None:
        """Its exit status, negative for a signal; None if the server ended before it did.

        Raises:
            TimeoutError: it has not ended after so many seconds.
        """
        self._connection.settimeout(timeout)
        with self._connection, suppress(ConnectionError, ValueError):
            return json_values.whole(_answer(self._connection), "exit_code")
        return None

    def wait_or_kill(self, seconds: float) -> None:
        """Wait for its end so long, then kill it.

        Raises:
            TimeoutError: it had to be killed.
        """
        try:
            self.wait(seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            raise


class ForkServer:
    """One that this process has opened. It ends with this process, or when nothing holds it."""

    def __init__(self, process: subprocess.Popen[bytes], address: str) -> None:
        """Hold the server that runs as that process and has its socket there."""
        self.process = process
        self._address = address

    def close(self) -> None:
        """End it; those that it made go on."""
        with self.process:
            pass

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, as where the system killed it for want of memory."""
        return self.process.poll() is not None

    def forget(self) -> None:
        """Of one that has ended: let nobody ask it, and leave nothing of it behind."""
        self.close()
        if os.environ.get(VARIABLE) == self._address:
            del os.environ[VARIABLE]
        shutil.rmtree(Path(self._address).parent, ignore_errors=True)


class KeptForkServer:
    """One for as long as this process lives: another is opened where it has ended."""

    def __init__(
        self,
        open_one: Callable[[], ForkServer | None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open none yet."""
        self._open_one = open_one
        self._clock = clock
        self._lock = threading.Lock()
        self._server: ForkServer | None = None
        self._tried_at = -math.inf

    def keep(self) -> None:
        """Open one if there is none, at most once a minute; returns at once."""
        with self._lock:
            is_there = self._server is not None and not self._server.has_ended
            if is_there or self._clock() - self._tried_at < REOPEN_SECONDS:
                return
            self._tried_at = self._clock()
            if self._server is not None:
                self._server.forget()
            self._server = self._open_one()


def can_be_opened() -> bool:
    """Not where little memory is free, nor beside a graphics card, with which it was never tried.

    And only on Linux: libraries of other systems bear no fork.
    """
    has_room = (machine.available_memory() or 0) >= SPARE_MEMORY
    return sys.platform == "linux" and has_room and not machine.has_graphics()


def open_fork_server(environment: Mapping[str, str]) -> ForkServer | None:
    """Begin to load a fork server and return at once; until it is ready nobody finds it.

    None is opened where it can't be, and where the environment names one or says `none`.

    Args:
        environment: what a worker finds in its environment.
    """
    if VARIABLE in os.environ or not can_be_opened():
        return None
    folder = Path(tempfile.mkdtemp(prefix="minigpt-"))  # that nobody else may enter
    address = str(folder / "fork-server")
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", SERVER],
            stdin=subprocess.PIPE,  # at its end the server knows that nobody needs it any more
            stdout=subprocess.DEVNULL,
            env={**environment, VARIABLE: address},
            start_new_session=True,
        )
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        return None
    os.environ[VARIABLE] = address
    return ForkServer(process, address)


def wait_until_ready(seconds: float) -> None:
    """Wait for the server that the environment names, if it is still loading, at most so long."""
    address, give_up = Path(os.environ.get(VARIABLE, NONE)), time.monotonic() + seconds
    while _is_loading(address) and time.monotonic() < give_up:
        time.sleep(POLL_SECONDS)


def _is_loading(address: Path) -> bool:
    """Whether a server is not there yet: its folder is, as long as it has not ended."""
    return address != Path(NONE) and address.parent.is_dir() and not address.exists()


def start_forked(
    module: str, argument: str, *, output: Path, environment: Mapping[str, str]
) -> ForkedProcess | None:
    """Begin what `python -m MODULE ARGUMENT` does; None where there is no server, or it can't.

    Args:
        module: one of this package whose `main` takes a list of arguments and returns a status.
        argument: its only one.
        output: the file at whose end all that it prints is written.
        environment: what it shall find in its environment.
    """
    address = environment.get(VARIABLE, NONE)
    if sys.platform != "linux" or address == NONE:
        return None
    request = {
        "module": module,
        "argument": argument,
        "output": str(output.resolve()),
        "folder": str(Path.cwd()),
        "environment": dict(environment),
    }
    connection = socket.socket(socket.AF_UNIX)
    with suppress(OSError, ValueError):
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(address)
        connection.sendall(json.dumps(request).encode() + b"\n")
        pid = json_values.whole(_answer(connection), "pid")
        if pid is not None:
            return ForkedProcess(pid, connection)
    connection.close()
    return None


def _answer(connection: socket.socket) -> json_values.JsonObject:
    line = b""
    while not line.endswith(b"\n"):
        if not (received := connection.recv(4096)):
            return {}
        line += received
    answer = json.loads(line)
    return answer if isinstance(answer, dict) else {}
