"""A requests session whose every connection obeys an address rule and a deadline."""

import socket
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from minigpt.downloads.addresses import AddressRule, allowed_addresses
from minigpt.downloads.deadline import Deadline

OpenSocket = Callable[[HTTPConnection], socket.socket]


def guarded_session(
    rule: AddressRule, deadline: Deadline, *, trust_environment: bool
) -> requests.Session:
    """Make a session that connects only to addresses it has just checked.

    The address is resolved, checked and connected to in one go, so a name that resolves
    differently the second time (DNS rebinding) gains nothing.

    Args:
        rule: which addresses may be contacted.
        deadline: shuts the connections down when the time is over.
        trust_environment: whether proxies named in the environment are used. Behind a
            proxy the rule sees the address of the proxy only.
    """
    adapter = _GuardedAdapter(_socket_opener(rule, deadline))
    session = requests.Session()
    session.trust_env = trust_environment
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def _socket_opener(rule: AddressRule, deadline: Deadline) -> OpenSocket:
    def open_socket(connection: HTTPConnection) -> socket.socket:
        try:
            addresses = allowed_addresses(connection.host, connection.port, rule)
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
