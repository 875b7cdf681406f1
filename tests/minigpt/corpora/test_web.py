import re
import time
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import pytest

from minigpt.corpora.user_texts import fetch_text
from minigpt.downloads.limits import Destinations, TransferLimits
from minigpt.errors import CorpusError

LOOPBACK = ip_address("127.0.0.1")
LIMITS = TransferLimits(connect_seconds=2.0, read_seconds=2.0, total_seconds=0.5, max_bytes=1000)


def allow_loopback(address: IPv4Address | IPv6Address) -> bool:
    return address == LOOPBACK


def fetch(url: str) -> str:
    return fetch_text(
        url, destinations=Destinations(addresses=allow_loopback, ports=None), limits=LIMITS
    )


def test_fetches_text(loopback: Any) -> None:
    url = loopback.serve("zwölf\r\n".encode())
    assert fetch(f" {url} ") == "zwölf\n"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[fd00::1]",
        "localhost",
        "2130706433",
        "user:password@127.0.0.1",
    ],
)
def test_private_addresses_are_refused(host: str, loopback: Any) -> None:
    loopback.serve(b"secret", path="/")
    port = re.search(r":(\d+)/", loopback.url())
    assert port is not None
    with pytest.raises(CorpusError, match=r"not on the public internet") as raised:
        fetch_text(f"http://{host}:{port[1]}/")
    assert raised.value.field == "corpus"
    assert loopback.asked == []


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://[::1]/", "//169.254.169.254/"])
def test_redirect_to_a_private_address_is_refused(loopback: Any, target: str) -> None:
    with pytest.raises(CorpusError, match="not on the public internet"):
        fetch(loopback.redirect("/start", target))


def test_redirect_to_another_port_is_refused(loopback: Any) -> None:
    port = int(loopback.url("").rsplit(":", 1)[1])
    destinations = Destinations(addresses=allow_loopback, ports=frozenset({port}))
    url = loopback.redirect("/start", "http://127.0.0.1:22/")
    with pytest.raises(CorpusError, match=r"Port 22 of 127\.0\.0\.1"):
        fetch_text(url, destinations=destinations, limits=LIMITS)


def test_redirect_to_a_file_is_refused(loopback: Any) -> None:
    with pytest.raises(CorpusError, match="is not a web address"):
        fetch(loopback.redirect("/start", "file:///etc/passwd"))


def test_allowed_redirect_is_followed(loopback: Any) -> None:
    loopback.serve(b"text", path="/end")
    assert fetch(loopback.redirect("/start", "/end")) == "text"


def test_name_that_turns_private_after_the_check_is_refused(
    loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name resolves to a public address at first, to this machine from then on."""
    answers = iter(["8.8.8.8"])
    connected = []

    def resolve(host: str, port: int, *_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", (next(answers, "127.0.0.1"), port))]

    def connect(address: tuple[str, int], *_: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    monkeypatch.setattr("socket.create_connection", connect)
    with pytest.raises(CorpusError, match="no connection"):
        fetch_text("http://rebinding.example/")
    assert connected == ["8.8.8.8"]
    with pytest.raises(CorpusError, match="not on the public internet"):
        fetch_text("http://rebinding.example/")
    assert connected == ["8.8.8.8"]


def test_proxies_are_not_used(loopback: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://10.0.0.1:3128")
    assert fetch(loopback.serve(b"direct")) == "direct"


@pytest.mark.parametrize("url", ["", "example.com", "file:///etc/passwd", "ftp://example.com/"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(CorpusError, match=r"is not a web address.*begins with http"):
        fetch_text(url)


def test_too_large_is_refused(loopback: Any) -> None:
    with pytest.raises(CorpusError, match="more than"):
        fetch(loopback.serve(b"a" * 1001, content_length=""))


def test_slow_server_is_left(loopback: Any) -> None:
    started = time.monotonic()
    with pytest.raises(CorpusError, match=r"did not finish within 0\.5 seconds"):
        fetch(loopback.drip("/slow", b"HTTP/1.1 200 OK\r\n\r\n"))
    assert time.monotonic() - started < 2


def test_what_is_not_text_is_refused_with_alternatives(loopback: Any) -> None:
    with pytest.raises(CorpusError, match=r"not a text file.*paste a text") as raised:
        fetch(loopback.serve(b"\x89PNG\0\0"))
    assert raised.value.field == "corpus"
