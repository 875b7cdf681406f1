"""What a transfer may do: which machines it may contact, how long it may take, how much may come.

A server that fetches whatever address it is handed can be pointed at the machines behind its own
firewall. The rule here therefore speaks of the numeric address, after names are resolved, and it
is applied to the address that is then connected to.
"""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import reduce
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from minigpt.errors import CorpusError
from minigpt.sentences import Sentence

AddressRule = Callable[[IPv4Address | IPv6Address], bool]

WEB_PORTS = frozenset({80, 443})

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_TRANSLATED_IPV4 = IPv6Network("64:ff9b::/96")
# What the registries set aside although `ipaddress` calls (some of) it global.
_SET_ASIDE_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "192.0.0.0/24",  # protocol assignments
            "192.31.196.0/24",  # AS112, which answers for private addresses
            "192.52.193.0/24",  # multicast tunnels
            "192.88.99.0/24",  # 6to4 relays
            "192.175.48.0/24",  # AS112
        ),
    )
)
_SET_ASIDE_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments
            "2620:4f:8000::/48",  # AS112
            "3fff::/20",  # documentation
        ),
    )
)
# An interface named 0000:5efe or 0200:5efe wraps an IPv4 address (ISATAP, RFC 5214).
_ISATAP, _ISATAP_MASK = 0x5EFE, 0xFDFFFFFF


@dataclass(frozen=True, kw_only=True)
class TransferLimits:
    """How long and how large a transfer may be."""

    connect_seconds: float = 10.0
    """Longest wait for a connection."""
    read_seconds: float = 15.0
    """Longest silence of the server."""
    total_seconds: float = 120.0
    """Longest whole transfer, redirects included; resolving names is the system's own time."""
    max_bytes: int = 20_000_000
    """Largest accepted answer."""


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """Where connections may go, redirects included."""

    addresses: AddressRule
    """Which numeric addresses."""
    ports: frozenset[int] | None
    """Which ports; None for all."""


def any_address(address: IPv4Address | IPv6Address) -> bool:
    """The rule for addresses that are written in this package: all may be contacted."""
    return True


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address belongs to the open internet.

    False for this machine, its local network, link-local, site-local, shared, reserved,
    documentation, tunnel and multicast ranges, and for an IPv6 address that merely wraps such an
    IPv4 address.
    """
    if isinstance(address, IPv4Address):
        set_aside = any(address in network for network in _SET_ASIDE_IPV4)
    else:
        wrapped = _wrapped_ipv4(address)
        if wrapped is not None:
            return is_public(wrapped)
        set_aside = (
            address not in _GLOBAL_UNICAST
            or _is_isatap(address)
            or any(address in network for network in _SET_ASIDE_IPV6)
        )
    ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return ordinary and not set_aside


def is_own(address: IPv4Address | IPv6Address) -> bool:
    """Whether an interface of this machine has the address, itself or wrapped into IPv6.

    A service that a firewall hides from the internet is often open to the machine itself.
    """
    wrapped = _wrapped_ipv4(address) if isinstance(address, IPv6Address) else None
    known = wrapped or address
    family = socket.AF_INET if known.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(known), 0))  # the system lets a program bind to its own ones only
    except OSError:
        return False
    return True


def is_elsewhere_on_the_internet(address: IPv4Address | IPv6Address) -> bool:
    """The rule for addresses that a visitor names: public, and not this machine's own."""
    return is_public(address) and not is_own(address)


ANYWHERE = Destinations(addresses=any_address, ports=None)
"""For addresses that are written in this package."""
OPEN_WEB = Destinations(addresses=is_elsewhere_on_the_internet, ports=WEB_PORTS)
"""For addresses that a visitor names."""


def allowed_addresses(host: str, port: int, destinations: Destinations) -> list[str]:
    """Resolve a host name to addresses that may all be contacted.

    Raises:
        CorpusError: an address breaks the rule, even where others keep it, or the port does.
        OSError: the name cannot be resolved.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not destinations.addresses(ip_address(address)):
            raise CorpusError(
                "{host} leads to {address}, which is not on the public internet. Use the "
                "address of a public web page, or upload the file or paste its text.",
                field="corpus",
                host=host,
                address=address,
            )
    if destinations.ports is not None and port not in destinations.ports:
        raise CorpusError(
            "Port {port} of {host} is not one of the web's usual ports ({usual}). Use an address "
            "without a port, or upload the file or paste its text.",
            field="corpus",
            port=port,
            host=host,
            usual=_in_words(sorted(destinations.ports)),
        )
    return addresses


def _wrapped_ipv4(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED_IPV4:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & _ISATAP_MASK == _ISATAP


def _in_words(ports: Iterable[int]) -> str:
    return reduce(
        lambda one, other: Sentence("{one} and {other}", one=one, other=other), map(str, ports)
    )
