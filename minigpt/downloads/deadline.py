"""A time limit on everything that happens over a set of sockets.

The time-outs of sockets count from the last byte, so a server that sends one byte a second
never meets them.
"""

import socket
import threading
from contextlib import suppress
from types import TracebackType


class Deadline:
    """Shuts every watched socket down once the time is over. A context manager."""

    def __init__(self, seconds: float) -> None:
        self._expired = threading.Event()
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    @property
    def expired(self) -> bool:
        """Whether the time is over: what was read may then be incomplete."""
        return self._expired.is_set()

    def watch(self, connected: socket.socket) -> None:
        """Include one more socket; it is shut down at once if the time is over already."""
        with self._lock:
            # TLS detaches the socket it is given; a duplicate stays usable.
            self._sockets.append(connected.dup())
            if self.expired:
                self._shut_down()

    def _expire(self) -> None:
        with self._lock:
            self._expired.set()
            self._shut_down()

    def _shut_down(self) -> None:
        for watched in self._sockets:
            with suppress(OSError):
                watched.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Deadline":
        self._timer.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._timer.cancel()
        with self._lock:
            for watched in self._sockets:
                watched.close()
            self._sockets.clear()
