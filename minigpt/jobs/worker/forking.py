"""The process that workers are forked from: `python -m minigpt.jobs.worker.forking`.

It loads what a worker needs, then waits on the socket that its environment names. A request is one
line of JSON; the answer is the number of the new process, and when that has ended its exit status.
Standard input tells when to end: at its end. Who asks is `minigpt.jobs.fork_server`.

A copy leaves `serve` with its request, runs that module's `main` and ends with its status. Of
threads only the one that forks is in a copy, so nothing here may start one.
"""

import atexit
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from minigpt.jobs import fork_server, processes
from minigpt.jobs.worker import process

LOADED_BY_NAME = (
    "BLAS_", "BLIS_", "CUDA", "GOMP_", "KMP_", "LANG", "LC_", "LD_", "MALLOC_", "MKL_", "NCCL_",
    "NUMEXPR_", "NVIDIA_", "OMP_", "OPENBLAS_", "PYTHON", "PYTORCH_", "TORCH", "VECLIB_",
)  # fmt: skip
"""How variables begin that libraries and Python read once, while they are loaded."""
LARGEST_REQUEST = 1_000_000
REQUEST_SECONDS = 2.0
STANDARD_STREAMS = (0, 1, 2)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A process that somebody wants."""

    module: str
    argument: str
    output: str
    folder: str
    environment: Mapping[str, str]

    @classmethod
    def read(cls, connection: socket.socket) -> "Request":
        """Take one from whoever has connected.

        Raises:
            ValueError: it is none.
            OSError: it does not come.
        """
        connection.settimeout(REQUEST_SECONDS)
        line = b""
        while not line.endswith(b"\n"):
            received = connection.recv(65536)
            if not received or len(line) > LARGEST_REQUEST:
                raise ValueError("That is no request.")
            line += received
        given = json.loads(line)
        try:
            environment = {str(name): str(value) for name, value in given["environment"].items()}
            texts = {name: str(given[name]) for name in ("module", "argument", "output", "folder")}
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("That is no request.") from error
        return cls(**texts, environment=environment)


def main() -> int:
    """Serve until nobody needs it; in a copy, do what that was made for."""
    os.nice(max(0, process.NICENESS - os.nice(0)))  # as a worker, which can't go back
    loaded_with = dict(os.environ)
    address = Path(loaded_with[fork_server.VARIABLE])
    try:
        _load()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(address))
        listener.listen()
    except BaseException:
        _leave(address)
        raise
    request = Forker(listener, loaded_with).serve()
    if request is not None:
        _carry_out(request)
    _leave(address)
    return 0


def _leave(address: Path) -> None:
    address.unlink(missing_ok=True)
    with suppress(OSError):  # of a server that was started by hand it may hold other things
        address.parent.rmdir()  # which tells whoever waits that nothing will come


def _carry_out(request: Request) -> NoReturn:
    status: int = importlib.import_module(request.module).main([request.argument])
    # To take down all that was loaded would copy it first, and takes longer than a short training.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


def _load() -> None:
    import minigpt.jobs.worker.session
    import minigpt.training.distributed  # noqa: F401 - both for what they load

    gc.collect()
    gc.freeze()  # what is never looked at again stays one memory for all copies


class Forker:
    """Waits for requests, and for the ends of those that were forked."""

    def __init__(self, listener: socket.socket, loaded_with: Mapping[str, str]) -> None:
        """Serve whoever connects and wants what was loaded in this environment."""
        self._listener = listener
        self._loaded_with = _of_loading(loaded_with)
        self._waiting: dict[int, socket.socket] = {}
        self._ended, self._wakes = socket.socketpair()
        self._wakes.setblocking(False)

    def serve(self) -> Request | None:
        """None when nobody needs it any more. In a copy: the request that it shall carry out."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakes.fileno())
        with selectors.DefaultSelector() as selector:
            for source in (sys.stdin.fileno(), self._ended, self._listener):
                selector.register(source, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._listener:
                        if request := self._answer():
                            return request
                    elif key.fileobj is self._ended:
                        self._tell_ends()
                    elif not os.read(key.fd, 1):
                        signal.set_wakeup_fd(-1)  # its socket is closed with this object
                        return None

    def _answer(self) -> Request | None:
        connection, _ = self._listener.accept()
        try:
            request = Request.read(connection)
            if _of_loading(request.environment) != self._loaded_with:
                raise ValueError("It was loaded for another environment.")
            if _has_left(connection):
                raise ValueError("Whoever asked has started it from nothing.")
            pid = os.fork()
        except (OSError, ValueError):
            connection.close()  # whoever asked starts it from nothing
            return None
        if pid == 0:
            connection.close()
            self._become(request)
            return request
        self._waiting[pid] = connection
        _tell(connection, {"pid": pid})
        return None

    def _tell_ends(self) -> None:
        self._ended.recv(4096)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with self._waiting.pop(ended[0]) as connection:
                    _tell(connection, {"exit_code": os.waitstatus_to_exitcode(ended[1])})

    def _become(self, request: Request) -> None:
        """What `subprocess.Popen` would do, and leave nothing open that is the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for mine in (self._listener, self._ended, self._wakes, *self._waiting.values()):
            mine.close()
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        output = os.open(request.output, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for stream, target in zip(STANDARD_STREAMS, (nothing, output, output), strict=True):
            os.dup2(target, stream)
        os.close(nothing)
        os.close(output)
        os.chdir(request.folder)
        os.environ.clear()
        os.environ.update(request.environment)


def _has_left(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return not connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(REQUEST_SECONDS)


def _of_loading(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in environment if name.startswith(LOADED_BY_NAME)}


def _tell(connection: socket.socket, answer: Mapping[str, int]) -> None:
    with suppress(OSError):  # whoever asked may be gone
        connection.sendall(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    processes.die_first()
    sys.exit(main())
