import socket
from ipaddress import ip_address

import pytest

from minigpt.downloads.limits import (
    ANYWHERE,
    OPEN_WEB,
    allowed_addresses,
    is_elsewhere_on_the_internet,
    is_own,
    is_public,
)
from minigpt.errors import CorpusError

PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "fec0::1",
    "feff::1",
    "3fff::1",
    "3fff:fff::1",
    "192.0.0.8",
    "192.0.0.9",
    "192.88.99.1",
    "192.31.196.1",
    "2001:1::1",
    "2001:20::1",
    "5f00::1",
    "64:ff9b:1::1",
    "::8.8.8.8",
    "::ffff:0:808:808",
    "::ffff:192.88.99.1",
    "2002:c058:6301::1",
    "2606:50c0::5efe:808:808",
    "2606:50c0::200:5efe:a00:1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_behind_the_firewall_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "185.199.108.133", "2606:50c0:8000::154", "64:ff9b::808:808"]
)
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "::1", "0"]
)
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    with pytest.raises((CorpusError, OSError)):
        allowed_addresses(host, 80, OPEN_WEB)


def test_refusal_names_the_host_and_the_address() -> None:
    with pytest.raises(CorpusError, match=r"10\.0\.0\.1 leads to 10\.0\.0\.1") as raised:
        allowed_addresses("10.0.0.1", 80, OPEN_WEB)
    assert raised.value.field == "corpus"


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: entries)
    with pytest.raises(CorpusError, match=r"10\.0\.0\.1"):
        allowed_addresses("mixed.example", 80, OPEN_WEB)


def test_own_addresses_are_not_limited() -> None:
    assert allowed_addresses("127.0.0.1", 80, ANYWHERE) == ["127.0.0.1"]


@pytest.mark.parametrize("port", [22, 8501, 8080, 1])
def test_a_visitor_reaches_only_the_ports_of_the_web(port: int) -> None:
    with pytest.raises(CorpusError, match=f"Port {port} of 8\\.8\\.8\\.8"):
        allowed_addresses("8.8.8.8", port, OPEN_WEB)


@pytest.mark.parametrize("port", [80, 443])
def test_the_ports_of_the_web_are_open(port: int) -> None:
    assert allowed_addresses("8.8.8.8", port, OPEN_WEB) == ["8.8.8.8"]


@pytest.mark.parametrize("spelling", ["127.0.0.1", "::ffff:127.0.0.1", "2002:7f00:1::"])
def test_addresses_of_its_own_interfaces_are_known(spelling: str) -> None:
    assert is_own(ip_address(spelling))


def test_addresses_of_other_machines_are_not_its_own() -> None:
    assert not is_own(ip_address("8.8.8.8"))
    assert not is_own(ip_address("2606:50c0:8000::154"))


def test_a_public_address_of_the_machine_itself_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the machine has one: what its system lets a program bind to, it has."""
    bound = []
    monkeypatch.setattr(socket.socket, "bind", lambda _, address: bound.append(address))
    assert not is_elsewhere_on_the_internet(ip_address("8.8.8.8"))
    assert bound == [("8.8.8.8", 0)]
