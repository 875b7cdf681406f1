from ipaddress import ip_address

import pytest

from minigpt.downloads.guard import allowed_addresses, any_address, is_public
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
        allowed_addresses(host, 80, is_public)


def test_refusal_names_the_host_and_the_address() -> None:
    with pytest.raises(CorpusError, match=r"10\.0\.0\.1 leads to 10\.0\.0\.1") as raised:
        allowed_addresses("10.0.0.1", 80, is_public)
    assert raised.value.field == "corpus"


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [(2, 1, 6, "", ("8.8.8.8", 80)), (2, 1, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: entries)
    with pytest.raises(CorpusError, match=r"10\.0\.0\.1"):
        allowed_addresses("mixed.example", 80, is_public)


def test_own_addresses_are_not_limited() -> None:
    assert allowed_addresses("127.0.0.1", 80, any_address) == ["127.0.0.1"]
