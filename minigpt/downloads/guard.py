"""A requests session whose every connection obeys an address rule and a total deadline.

The time-outs of sockets count from the last byte, so a server that sends one byte a second never
meets them; `Deadline` limits everything that happens over a set of sockets. Nothing here follows
or reads a redirect: `guarded_answer` returns every answer unread.
"""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from minigpt.downloads.limits import Destinations, TransferLimits, allowed_addresses


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

    def hang_up(self) -> None:
        """End every connection so far. Closing them is not enough while they are watched."""
        with self._lock:
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


OpenSocket = Callable[[HTTPConnection], socket.socket]


def guarded_session(
    destinations: Destinations, deadline: Deadline, *, trust_environment: bool
) -> requests.Session:
    """Make a session that connects only to addresses it has just checked.

    The address is resolved, checked and connected to in one go, so a name that resolves
    differently the second time (DNS rebinding) gains nothing.

    Args:
        destinations: where the connections may go.
        deadline: shuts the connections down when the time is over.
        trust_environment: whether proxies named in the environment are used. Behind a
            proxy the rule sees the address of the proxy only.
    """
    adapter = _GuardedAdapter(_socket_opener(destinations, deadline))
    session = requests.Session()
    session.trust_env = trust_environment
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def guarded_answer(
    session: requests.Session, url: str, limits: TransferLimits
) -> requests.Response:
    """Ask for a web address once and return the answer before its body is read.

    A session's own `send` looks at where a redirect leads and reads its body for that, whole and
    unzipped, whatever its size. The adapter below it only sends.

    Raises:
        requests.RequestException, OSError, ValueError: there is no such answer.
    """
    # A compressed answer could unfold to any size within one chunk.
    headers = {"Accept-Encoding": "identity", "User-Agent": "minigpt"}
    request = session.prepare_request(requests.Request("GET", url, headers=headers))
    settings = session.merge_environment_settings(request.url, {}, True, None, None)
    timeout = (limits.connect_seconds, limits.read_seconds)
    return session.get_adapter(str(request.url)).send(
        request,
        stream=True,
        timeout=timeout,
        verify=settings["verify"] or True,
        proxies=settings["proxies"],
    )


def _socket_opener(destinations: Destinations, deadline: Deadline) -> OpenSocket:
    def open_socket(connection: HTTPConnection) -> socket.socket:
        try:
            addresses = allowed_addresses(connection.host, connection.port, destinations)
            connected = _connect_to_first(addresses, connection)
        except (socket.gaierror, UnicodeError) as error:
            failure = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(connection.host, connection, failure) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, "The connection took too long.") from error
        except OSError as error:
            raise NewConnectionError(connection, f"No connection: {error}") from error
        deadline.watch(connected)
        return connected

    return open_socket


def _connect_to_first(addresses: list[str], connection: HTTPConnection) -> socket.socket:
    failure = OSError("The name has no address.")
    for address in addresses:
        try:
            return socket.create_connection((address, connection.port), connection.timeout)
        except OSError as error:
            failure = error
    raise failure


class _GuardedAdapter(HTTPAdapter):
    def __init__(self, open_socket: OpenSocket) -> None:
        self._pool_classes = _pool_classes(open_socket)
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        super().init_poolmanager(*arguments, **settings)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes

    def proxy_manager_for(self, *arguments: Any, **settings: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **settings)
        manager.pool_classes_by_scheme = self._pool_classes
        return manager


def _pool_classes(open_socket: OpenSocket) -> dict[str, type[HTTPConnectionPool]]:
    # `_new_conn` is where urllib3's own SOCKS support plugs in; there is no public hook.
    class PlainConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self)

    class SecureConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return open_socket(self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection

    return {"http": PlainPool, "https": SecurePool}
