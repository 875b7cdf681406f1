import socket
import time
from typing import Any

import pytest
import requests

from minigpt.downloads.guard import Deadline, guarded_session
from minigpt.downloads.limits import ANYWHERE, OPEN_WEB
from minigpt.errors import CorpusError
from tests.minigpt.loopback import PATIENCE_SECONDS


def test_the_rule_is_asked_before_connecting(loopback: Any) -> None:
    url = loopback.serve(b"text")
    with (
        Deadline(PATIENCE_SECONDS) as deadline,
        guarded_session(OPEN_WEB, deadline, trust_environment=False) as session,
        pytest.raises(CorpusError, match="not on the public internet"),
    ):
        session.get(url, timeout=PATIENCE_SECONDS)
    assert loopback.asked == []


def test_allowed_addresses_are_connected_to(loopback: Any) -> None:
    with (
        Deadline(PATIENCE_SECONDS) as deadline,
        guarded_session(ANYWHERE, deadline, trust_environment=False) as session,
    ):
        assert session.get(loopback.serve(b"text"), timeout=PATIENCE_SECONDS).content == b"text"


def test_a_name_is_resolved_only_once(loopback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second answer for the same name, after the check, must never be used."""
    url = loopback.serve(b"secret").replace("127.0.0.1", "rebinding.example")
    hosts = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        hosts.append(host)
        first = host == "rebinding.example" and hosts.count(host) == 1
        # Port 9 of a documentation address stands for the harmless first answer.
        return [(2, 1, 6, "", ("192.0.2.1" if first else "127.0.0.1", port))]

    def connect(address: tuple[str, int], *_: object) -> None:
        raise ConnectionRefusedError(f"connected to {address[0]}")

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    with (
        Deadline(PATIENCE_SECONDS) as deadline,
        guarded_session(ANYWHERE, deadline, trust_environment=False) as session,
        pytest.raises(requests.ConnectionError, match=r"connected to 192\.0\.2\.1"),
    ):
        session.get(url, timeout=PATIENCE_SECONDS)
    assert hosts.count("rebinding.example") == 1
    assert loopback.asked == []


def test_proxies_of_the_environment_obey_the_rule_too(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", loopback.url(""))
    with (
        Deadline(PATIENCE_SECONDS) as deadline,
        guarded_session(OPEN_WEB, deadline, trust_environment=True) as session,
        pytest.raises(CorpusError, match=r"127\.0\.0\.1"),
    ):
        session.get("http://example.com/text", timeout=PATIENCE_SECONDS)


def test_proxies_of_the_environment_are_used_only_when_trusted(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loopback.serve(b"by proxy", path="http://example.com/text")
    monkeypatch.setenv("http_proxy", loopback.url(""))
    with (
        Deadline(PATIENCE_SECONDS) as deadline,
        guarded_session(ANYWHERE, deadline, trust_environment=True) as session,
    ):
        assert (
            session.get("http://example.com/text", timeout=PATIENCE_SECONDS).content == b"by proxy"
        )


def test_blocked_reading_ends_at_the_deadline() -> None:
    reader, writer = socket.socketpair()
    with reader, writer, Deadline(0.05) as deadline:
        deadline.watch(reader)
        started = time.monotonic()
        reader.settimeout(PATIENCE_SECONDS)
        assert reader.recv(1) == b""
        assert time.monotonic() - started < PATIENCE_SECONDS
        assert deadline.expired


def test_nothing_happens_before_the_deadline() -> None:
    reader, writer = socket.socketpair()
    with reader, writer:
        with Deadline(60.0) as deadline:
            deadline.watch(reader)
            writer.sendall(b"a")
            assert reader.recv(1) == b"a"
        assert not deadline.expired
        writer.sendall(b"b")
        assert reader.recv(1) == b"b"


def test_a_socket_that_comes_too_late_is_shut_down_at_once() -> None:
    reader, writer = socket.socketpair()
    with reader, writer, Deadline(0.0) as deadline:
        while not deadline.expired:
            time.sleep(0.001)
        deadline.watch(reader)
        reader.settimeout(PATIENCE_SECONDS)
        assert reader.recv(1) == b""
